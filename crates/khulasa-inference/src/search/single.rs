//! One sequence per prompt: greedy search and sampling.

use candle_core::{Device, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling};

use super::rules::{Changes, Place};
use super::select::{Scores, Selected};
use super::{Hypothesis, Lengths, Options};
use crate::Result;
use crate::cache::{Cache, Sequence};
use crate::model::Start;

/// A prompt's only hypothesis so far.
pub(super) struct Single {
    sequence: Option<Sequence>,
    next: Vec<u32>,
    /// What precedes the output.
    prefix: Vec<u32>,
    tokens: Vec<u32>,
    log_probability: f32,
    lengths: Lengths,
    sampler: Option<LogitsProcessor>,
}

impl Single {
    pub fn new(
        start: Start,
        lengths: Lengths,
        sampling: Option<(&Sampling, u64)>,
        cache: &mut Cache,
    ) -> Self {
        Self {
            sequence: cache.start(start.source),
            prefix: start.tokens.clone(),
            next: start.tokens,
            tokens: Vec::new(),
            log_probability: 0.0,
            lengths,
            sampler: sampling.map(|(s, seed)| LogitsProcessor::from_sampling(seed, s.clone())),
        }
    }

    pub fn inputs(&mut self) -> Vec<(&mut Sequence, &[u32])> {
        self.sequence
            .iter_mut()
            .map(|s| (s, self.next.as_slice()))
            .collect()
    }

    /// Where the hypothesis stands.
    pub fn place<'a>(&'a self, stop: &'a [u32]) -> Place<'a> {
        Place {
            prefix: &self.prefix,
            output: &self.tokens,
            min: self.lengths.min,
            max: self.lengths.limit,
            stop,
        }
    }

    pub fn advance(
        &mut self,
        scores: &Scores<'_>,
        options: &Options,
    ) -> Result<Option<Vec<Hypothesis>>> {
        let stop = &options.stop;
        let (place, vocab) = (self.place(stop), scores.vocab());
        let changes = options.rules.changes(&place, vocab, |t| scores.get(t));
        let likeliest = match scores {
            Scores::All(logits) => largest((0..).zip(logits.iter().copied()), &changes),
            Scores::Selected(Selected { best, .. }) => largest(best.iter().copied(), &changes),
        };
        let Some(likeliest) = likeliest else {
            // The rules leave nothing: the output ends here.
            return Ok(Some(vec![self.hypothesis(false)]));
        };
        let token = match (&mut self.sampler, scores) {
            // Nothing is selected for sampling.
            (None, _) | (_, Scores::Selected(_)) => likeliest,
            (Some(sampler), Scores::All(logits)) => {
                let mut changed = match changes.only {
                    true => vec![f32::NEG_INFINITY; logits.len()],
                    false => logits.to_vec(),
                };
                for &(token, score) in &changes.scores {
                    changed[token as usize] = score;
                }
                let length = changed.len();
                sampler.sample(&Tensor::from_vec(changed, length, &Device::Cpu)?)?
            }
        };
        // A token that is forced costs nothing; any other what the model says.
        if !changes.only {
            self.log_probability += scores.get(token) - scores.log_sum_exp();
        }
        let complete = stop.contains(&token);
        if !complete {
            self.tokens.push(token);
        }
        if !complete && self.tokens.len() < self.lengths.limit {
            self.next = vec![token];
            return Ok(None);
        }
        Ok(Some(vec![self.hypothesis(complete)]))
    }

    fn hypothesis(&mut self, complete: bool) -> Hypothesis {
        let tokens = std::mem::take(&mut self.tokens);
        Hypothesis {
            scored: tokens.len() + usize::from(complete),
            tokens,
            log_probability: self.log_probability,
            complete,
        }
    }

    pub fn end(self, cache: &mut Cache) {
        cache.end(self.sequence);
    }
}

/// The first token of the largest score after the changes; `None` if no token is allowed.
fn largest(logits: impl Iterator<Item = (u32, f32)>, changes: &Changes) -> Option<u32> {
    let mut best = (0, f32::NEG_INFINITY);
    if !changes.only {
        for (token, score) in logits {
            if score > best.1 && changes.keep(token) {
                best = (token, score);
            }
        }
    }
    for &(token, score) in &changes.scores {
        if score > best.1 || (score == best.1 && token < best.0) {
            best = (token, score);
        }
    }
    (best.1 > f32::NEG_INFINITY).then_some(best.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_wins_and_nan_never() {
        let find = |l: &[f32]| largest((0..).zip(l.iter().copied()), &Changes::default());
        assert_eq!(find(&[1.0, 3.0, 3.0, 2.0]), Some(1));
        assert_eq!(find(&[1.0, f32::NAN, 0.5]), Some(0));
        assert_eq!(find(&[f32::NAN, 0.5]), Some(1));
        assert_eq!(find(&[f32::NAN; 3]), None);
    }

    #[test]
    fn changed_scores() {
        let find = |only, scores: &[(u32, f32)]| {
            let scores = scores.to_vec();
            let logits = (0..).zip([1.0, 3.0, 3.0, 2.0]);
            largest(logits, &Changes { only, scores })
        };
        assert_eq!(find(false, &[(1, f32::NEG_INFINITY)]), Some(2));
        assert_eq!(find(false, &[(0, 3.0)]), Some(0));
        assert_eq!(find(false, &[(3, 4.0)]), Some(3));
        assert_eq!(find(true, &[(3, 0.0)]), Some(3));
        assert_eq!(find(true, &[]), None);
        let banned = [0, 1, 2, 3].map(|t| (t, f32::NEG_INFINITY));
        assert_eq!(find(false, &banned), None);
    }
}
