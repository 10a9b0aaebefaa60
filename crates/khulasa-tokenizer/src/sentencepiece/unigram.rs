//! The most likely pieces of a text (Kudo 2018, "Subword regularization").

use super::trie::Trie;
use super::{Kind, Piece};

/// What a piece that is in no vocabulary costs more than the worst that is.
const UNKNOWN_PENALTY: f32 = 10.0;

/// A vocabulary of pieces with log probabilities.
#[derive(Debug, Clone)]
pub(crate) struct Unigram {
    trie: Trie,
    unknown: u32,
    unknown_score: f32,
}

/// The best way to reach a place in the text.
#[derive(Clone, Copy)]
struct Step {
    score: f32,
    start: usize,
    id: u32,
}

/// Scores begin anew where they grow so large that single precision loses the small ones.
const RESET: f32 = 100_000.0;

const UNREACHED: usize = usize::MAX;

impl Unigram {
    pub(crate) fn new(pieces: &[Piece], unknown: u32) -> Self {
        let normal = pieces.iter().filter(|p| p.kind == Kind::Normal);
        let worst = normal.map(|p| p.score).fold(f32::MAX, f32::min);
        let usable = pieces
            .iter()
            .zip(0..)
            .filter(|(p, _)| matches!(p.kind, Kind::Normal | Kind::UserDefined));
        Self {
            trie: Trie::new(usable.map(|(p, id)| (&*p.text, id))),
            unknown,
            unknown_score: worst - UNKNOWN_PENALTY,
        }
    }

    /// The pieces of a normalised text: where each ends, and its id.
    pub(crate) fn encode(&self, text: &str, pieces: &[Piece]) -> Vec<(usize, u32)> {
        let mut best = vec![
            Step {
                score: 0.0,
                start: UNREACHED,
                id: self.unknown,
            };
            text.len() + 1
        ];
        // The farthest place that has a score.
        let mut reached = 0;
        for (start, first) in text.char_indices() {
            if best[start].score.abs() > RESET {
                let offset = best[start].score;
                best[start..=reached]
                    .iter_mut()
                    .for_each(|step| step.score -= offset);
            }
            let so_far = best[start].score;
            let mut single = false;
            let mut offer = |length: usize, score: f32, id: u32| {
                let score = score + so_far;
                reached = reached.max(start + length);
                let step = &mut best[start + length];
                if step.start == UNREACHED || score > step.score {
                    *step = Step { score, start, id };
                }
            };
            for (length, id) in self.trie.prefixes(&text.as_bytes()[start..]) {
                let piece = &pieces[id as usize];
                let score = match piece.kind {
                    Kind::UserDefined => (0.1 * (length - 1) as f64) as f32,
                    _ => piece.score,
                };
                offer(length, score, id);
                single |= length == first.len_utf8();
            }
            if !single {
                offer(first.len_utf8(), self.unknown_score, self.unknown);
            }
        }
        let mut found = Vec::new();
        let mut end = text.len();
        while end > 0 {
            let step = best[end];
            found.push((end, step.id));
            end = step.start;
        }
        found.reverse();
        found
    }
}
