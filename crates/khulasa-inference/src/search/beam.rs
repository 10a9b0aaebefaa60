//! Beam search, with the rules by which `transformers` (5.x) keeps, completes and stops.

use super::rules::{Changes, Place};
use super::select::{Scores, Selected};
use super::{Beam, EarlyStopping, Hypothesis, Lengths, Options};
use crate::cache::{Cache, Sequence};
use crate::model::Start;

/// How many continuations a step looks at: as many as are open stay open, whatever ends.
pub(super) fn candidates(beam: &Beam, stop: &[u32]) -> usize {
    beam.size.saturating_mul(2.max(1 + stop.len()))
}

/// The beams of one prompt.
pub(super) struct Beams {
    settings: Beam,
    lengths: Lengths,
    /// What precedes the outputs.
    prefix: Vec<u32>,
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
    pub fn new(start: Start, lengths: Lengths, settings: &Beam, cache: &mut Cache) -> Self {
        Self {
            settings: settings.clone(),
            lengths,
            sequences: (0..settings.size)
                .filter_map(|_| cache.start(start.source))
                .collect(),
            prefix: start.tokens.clone(),
            next: vec![start.tokens],
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

    /// Where the open hypotheses stand.
    pub fn places<'a>(&'a self, stop: &'a [u32]) -> impl Iterator<Item = Place<'a>> {
        self.open.iter().map(move |open| Place {
            prefix: &self.prefix,
            output: &open.tokens,
            min: self.lengths.min,
            max: self.lengths.limit,
            stop,
        })
    }

    pub fn advance(&mut self, scores: &[Scores<'_>], options: &Options) -> Option<Vec<Hypothesis>> {
        let stop = &options.stop;
        let size = self.settings.size;
        let mut candidates = Candidates::new(candidates(&self.settings, stop));
        let open = self.open.iter().zip(self.places(stop)).zip(scores);
        for (parent, ((open, place), scores)) in open.enumerate() {
            let shift = -scores.log_sum_exp();
            let rules = &options.rules;
            let changes = rules.changes(&place, scores.vocab(), |t| scores.get(t) + shift);
            let mut before = open.log_probability;
            if rules.renormalize {
                before -= changes.log_total(scores, shift);
            }
            match scores {
                Scores::All(logits) => {
                    let logits = (0..).zip(logits.iter().copied());
                    candidates.offer(parent, before, logits, shift, &changes);
                }
                Scores::Selected(Selected { best, .. }) => {
                    candidates.offer(parent, before, best.iter().copied(), shift, &changes);
                }
            }
        }
        let candidates = candidates.found;

        let length = self.open[0].tokens.len() + 1;
        let penalty = (length as f32).powf(self.settings.length_penalty);
        let at_limit = length >= self.lengths.limit;
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
        let best_penalty = match self.settings.early_stopping {
            EarlyStopping::Never if self.settings.length_penalty > 0.0 => {
                (self.lengths.limit as f32).powf(self.settings.length_penalty)
            }
            _ => penalty,
        };
        let hopeless = full
            && (self.settings.early_stopping == EarlyStopping::Immediate
                || going.first().is_none_or(|best| {
                    best.log_probability / best_penalty <= self.done[size - 1].0
                }));
        if going.is_empty() && self.done.is_empty() {
            // The rules leave nothing: the outputs end here.
            return Some(self.open.drain(..).map(Open::cut).collect());
        }
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
        cache.end(self.sequences);
    }
}

impl Open {
    fn cut(self) -> Hypothesis {
        Hypothesis {
            scored: self.tokens.len(),
            tokens: self.tokens,
            log_probability: self.log_probability,
            complete: false,
        }
    }
}

/// The likeliest continuations, best first; of equals the earlier parent's and the lower token's.
struct Candidates {
    found: Vec<Candidate>,
    keep: usize,
}

impl Candidates {
    fn new(keep: usize) -> Self {
        Self {
            found: Vec::with_capacity(keep + 1),
            keep,
        }
    }

    /// Takes what is likely enough of a parent's continuations. `shift` makes log-probabilities of
    /// logits; changed scores are log-probabilities already.
    fn offer(
        &mut self,
        parent: usize,
        log_probability: f32,
        logits: impl Iterator<Item = (u32, f32)>,
        shift: f32,
        changes: &Changes,
    ) {
        if !changes.only {
            let base = log_probability + shift;
            for (token, logit) in logits {
                if self.wants(base + logit) && changes.keep(token) {
                    self.insert(parent, token, base + logit);
                }
            }
        }
        for &(token, score) in &changes.scores {
            if self.wants(log_probability + score) {
                self.insert(parent, token, log_probability + score);
            }
        }
    }

    fn wants(&self, log_probability: f32) -> bool {
        match self.found.get(self.keep - 1) {
            Some(last) => log_probability > last.log_probability,
            None => log_probability > f32::NEG_INFINITY,
        }
    }

    fn insert(&mut self, parent: usize, token: u32, log_probability: f32) {
        let at = self.found.partition_point(|c| {
            c.log_probability > log_probability
                || (c.log_probability == log_probability && (c.parent, c.token) < (parent, token))
        });
        let candidate = Candidate {
            parent,
            token,
            log_probability,
        };
        self.found.insert(at, candidate);
        self.found.truncate(self.keep);
    }
}
