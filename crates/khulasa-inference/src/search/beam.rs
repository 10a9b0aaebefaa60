//! Beam search, with the rules by which `transformers` (5.x) keeps, completes and stops.

use super::{Beam, Hypothesis, Prompt};
use crate::decoder::{Cache, Sequence};
use crate::kernels::log_sum_exp;

/// The beams of one prompt.
pub(super) struct Beams {
    settings: Beam,
    limit: usize,
    sequences: Vec<Sequence>,
    /// What each sequence reads next.
    next: Vec<Vec<u32>>,
    /// The hypotheses that are still open, best first; one until the prompt has been read.
    open: Vec<Open>,
    /// Complete ones with their scores, best first; at most `settings.size`.
    done: Vec<(f32, Hypothesis)>,
}

#[derive(Clone)]
struct Open {
    tokens: Vec<u32>,
    log_probability: f32,
}

/// An open hypothesis with one more token.
struct Candidate {
    parent: usize,
    token: u32,
    log_probability: f32,
}

impl Beams {
    pub fn new(prompt: &Prompt, settings: &Beam, cache: &mut Cache) -> Self {
        Self {
            settings: settings.clone(),
            limit: prompt.max_new_tokens,
            sequences: (0..settings.size).filter_map(|_| cache.start()).collect(),
            next: vec![prompt.tokens.clone()],
            open: vec![Open {
                tokens: Vec::new(),
                log_probability: 0.0,
            }],
            done: Vec::new(),
        }
    }

    pub fn inputs(&mut self) -> Vec<(&mut Sequence, &[u32])> {
        self.sequences
            .iter_mut()
            .zip(self.next.iter().map(Vec::as_slice))
            .collect()
    }

    pub fn advance(
        &mut self,
        logits: &[f32],
        vocab: usize,
        stop: &[u32],
    ) -> Option<Vec<Hypothesis>> {
        let size = self.settings.size;
        let keep = size * 2.max(1 + stop.len());
        let candidates = best(&self.open, logits, vocab, keep);

        let length = self.open[0].tokens.len() + 1;
        let penalty = (length as f32).powf(self.settings.length_penalty);
        let at_limit = length >= self.limit;
        let ends = |c: &Candidate| stop.contains(&c.token) || at_limit;
        for c in candidates.iter().take(size).filter(|c| ends(c)) {
            let complete = stop.contains(&c.token);
            let mut tokens = self.open[c.parent].tokens.clone();
            if !complete {
                tokens.push(c.token);
            }
            let log_probability = c.log_probability;
            let hypothesis = Hypothesis {
                tokens,
                log_probability,
                scored: length,
                complete,
            };
            self.done.push((log_probability / penalty, hypothesis));
        }
        // A stable sort: of equals, the one that was complete first stays first.
        self.done.sort_by(|a, b| b.0.total_cmp(&a.0));
        self.done.truncate(size);

        let going: Vec<_> = candidates
            .into_iter()
            .filter(|c| !ends(c))
            .take(size)
            .collect();
        let full = self.done.len() == size;
        let hopeless = full
            && (self.settings.early_stopping
                || going
                    .first()
                    .is_none_or(|best| best.log_probability / penalty <= self.done[size - 1].0));
        if going.is_empty() || hopeless {
            return Some(
                std::mem::take(&mut self.done)
                    .into_iter()
                    .map(|(_, h)| h)
                    .collect(),
            );
        }

        let histories: Vec<_> = self
            .sequences
            .iter()
            .map(|s| s.history().to_vec())
            .collect();
        for (sequence, c) in self.sequences.iter_mut().zip(&going) {
            sequence.continue_from(&histories[c.parent]);
        }
        self.next = going.iter().map(|c| vec![c.token]).collect();
        self.open = going
            .iter()
            .map(|c| {
                let mut open = self.open[c.parent].clone();
                open.tokens.push(c.token);
                open.log_probability = c.log_probability;
                open
            })
            .collect();
        None
    }

    pub fn end(self, cache: &mut Cache) {
        for sequence in self.sequences {
            cache.end(sequence);
        }
    }
}

/// The `keep` likeliest continuations, best first; of equals the earlier parent's and the lower
/// token's.
fn best(open: &[Open], logits: &[f32], vocab: usize, keep: usize) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::with_capacity(keep + 1);
    for (parent, (open, logits)) in open.iter().zip(logits.chunks_exact(vocab)).enumerate() {
        let base = open.log_probability - log_sum_exp(logits);
        for (token, &logit) in logits.iter().enumerate() {
            let log_probability = base + logit;
            if found.len() == keep && log_probability <= found[keep - 1].log_probability {
                continue;
            }
            let at = found.partition_point(|c| c.log_probability >= log_probability);
            found.insert(
                at,
                Candidate {
                    parent,
                    token: token as u32,
                    log_probability,
                },
            );
            found.truncate(keep);
        }
    }
    found
}
