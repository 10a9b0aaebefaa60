//! One sequence per prompt: greedy search and sampling.

use candle_core::{Device, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling};

use super::{Hypothesis, Prompt};
use crate::Result;
use crate::decoder::{Cache, Sequence};
use crate::kernels::log_sum_exp;

/// A prompt's only hypothesis so far.
pub(super) struct Single {
    sequence: Option<Sequence>,
    next: Vec<u32>,
    tokens: Vec<u32>,
    log_probability: f32,
    limit: usize,
    sampler: Option<LogitsProcessor>,
}

impl Single {
    pub fn new(prompt: &Prompt, sampling: Option<(&Sampling, u64)>, cache: &mut Cache) -> Self {
        Self {
            sequence: cache.start(),
            next: prompt.tokens.clone(),
            tokens: Vec::new(),
            log_probability: 0.0,
            limit: prompt.max_new_tokens,
            sampler: sampling.map(|(s, seed)| LogitsProcessor::from_sampling(seed, s.clone())),
        }
    }

    pub fn inputs(&mut self) -> Vec<(&mut Sequence, &[u32])> {
        self.sequence
            .iter_mut()
            .map(|s| (s, self.next.as_slice()))
            .collect()
    }

    pub fn advance(&mut self, logits: &[f32], stop: &[u32]) -> Result<Option<Vec<Hypothesis>>> {
        let token = match &mut self.sampler {
            None => largest(logits),
            Some(sampler) => sampler.sample(&Tensor::new(logits, &Device::Cpu)?)?,
        };
        self.log_probability += logits[token as usize] - log_sum_exp(logits);
        let complete = stop.contains(&token);
        if !complete {
            self.tokens.push(token);
        }
        if !complete && self.tokens.len() < self.limit {
            self.next = vec![token];
            return Ok(None);
        }
        let tokens = std::mem::take(&mut self.tokens);
        let scored = tokens.len() + usize::from(complete);
        let log_probability = self.log_probability;
        Ok(Some(vec![Hypothesis {
            tokens,
            log_probability,
            scored,
            complete,
        }]))
    }

    pub fn end(self, cache: &mut Cache) {
        if let Some(sequence) = self.sequence {
            cache.end(sequence);
        }
    }
}

/// The first index of the largest value.
fn largest(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (i, &v) in logits.iter().enumerate() {
        if v > logits[best] {
            best = i;
        }
    }
    best as u32
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_first_of_equals_wins_and_nan_never() {
        assert_eq!(super::largest(&[1.0, 3.0, 3.0, 2.0]), 1);
        assert_eq!(super::largest(&[1.0, f32::NAN, 0.5]), 0);
    }
}
