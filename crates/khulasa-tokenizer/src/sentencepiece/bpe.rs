//! Pieces merged by falling score (Sennrich, Haddow & Birch 2016, "Neural machine translation of
//! rare words with subword units").

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use super::{Kind, SentencePiece};

/// A part of the text, in a list of its neighbours.
struct Symbol<'a> {
    text: &'a str,
    start: usize,
    previous: Option<usize>,
    next: Option<usize>,
    /// Never merged.
    frozen: bool,
}

/// Two neighbours that make a piece.
struct Merge {
    score: f32,
    left: usize,
    right: usize,
    /// The piece's bytes; a merge with others is out of date.
    size: usize,
}

impl Ord for Merge {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.score.total_cmp(&other.score);
        by_score.then(other.left.cmp(&self.left))
    }
}

impl PartialOrd for Merge {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Merge {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Merge {}

/// The pieces of a normalised text: where each ends, and its id.
pub(crate) fn encode(model: &SentencePiece, text: &str) -> Vec<(usize, u32)> {
    let mut symbols: Vec<Symbol> = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let kept = model.kept.longest_prefix(&text[at..]);
        let end = at + kept.unwrap_or(first.len_utf8());
        let index = symbols.len();
        symbols.push(Symbol {
            text: &text[at..end],
            start: at,
            previous: index.checked_sub(1),
            next: (end < text.len()).then_some(index + 1),
            frozen: kept.is_some(),
        });
        at = end;
    }

    let mut agenda = BinaryHeap::new();
    // What pieces that are in the vocabulary but not to be used were made of.
    let mut parts = HashMap::new();
    let mut offer = |symbols: &[Symbol<'_>], agenda: &mut BinaryHeap<Merge>, left, right| {
        let (Some(left), Some(right)) = (left, right) else {
            return;
        };
        let (a, b): (&Symbol, &Symbol) = (&symbols[left], &symbols[right]);
        if a.frozen || b.frozen {
            return;
        }
        let size = a.text.len() + b.text.len();
        if size > model.longest {
            return;
        }
        let merged = &text[a.start..a.start + size];
        if let Some(&id) = model.usual.get(merged) {
            let piece = &model.pieces[id as usize];
            agenda.push(Merge {
                score: piece.score,
                left,
                right,
                size,
            });
            if piece.kind == Kind::Unused {
                parts.insert(merged, a.text.len());
            }
        }
    };
    for right in 1..symbols.len() {
        offer(&symbols, &mut agenda, Some(right - 1), Some(right));
    }
    while let Some(Merge {
        left, right, size, ..
    }) = agenda.pop()
    {
        let (a, b) = (symbols[left].text, symbols[right].text);
        if a.is_empty() || b.is_empty() || a.len() + b.len() != size {
            continue;
        }
        let (start, next) = (symbols[left].start, symbols[right].next);
        symbols[left].text = &text[start..start + size];
        symbols[left].next = next;
        symbols[right].text = "";
        if let Some(next) = next {
            symbols[next].previous = Some(left);
        }
        offer(&symbols, &mut agenda, symbols[left].previous, Some(left));
        offer(&symbols, &mut agenda, Some(left), next);
    }

    let mut found = Vec::new();
    let mut waiting = Vec::new();
    let mut next = (!symbols.is_empty()).then_some(0);
    while let Some(index) = next {
        next = symbols[index].next;
        waiting.push((symbols[index].start, symbols[index].text));
        while let Some((start, part)) = waiting.pop() {
            let end = start + part.len();
            let id = model.piece_id(part);
            if model.pieces[id as usize].kind != Kind::Unused {
                found.push((end, id));
            } else if let Some(&length) = parts.get(part) {
                waiting.push((start + length, &part[length..]));
                waiting.push((start, &part[..length]));
            } else {
                found.push((end, model.unknown));
            }
        }
    }
    found
}
