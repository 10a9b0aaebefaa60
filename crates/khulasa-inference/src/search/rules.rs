//! What a step's scores must obey before a token is chosen: the logits processors of
//! `transformers` (5.x), in its order.
//!
//! They change few scores, so nothing is copied: a step gets a short list of tokens whose scores
//! differ from the model's.

use super::select::Scores;
use crate::{Error, Result};

/// Rules for the tokens of an output. By default there are none.
///
/// They see a hypothesis with what precedes it: the prompt of a decoder-only model, the tokens
/// with which an encoder–decoder's output starts. Searches that compare hypotheses apply them to
/// log-probabilities, others to logits, as `transformers` does.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// The scores of tokens that have occurred are divided by this if positive, multiplied if
    /// negative; 1 changes nothing (Keskar et al. 2019, "CTRL").
    pub repetition_penalty: f32,
    /// Sequences of this many tokens occur once; 0 for no such rule.
    pub no_repeat_ngram: usize,
    /// Sequences that must not occur; a single token that ends an output may all the same.
    pub bad_words: Vec<Vec<u32>>,
    /// The second token of an output with what precedes it (so the first after the one with which
    /// an encoder–decoder's output starts).
    pub forced_bos: Option<u32>,
    /// What an output ends with if it reaches its limit: one of these.
    pub forced_eos: Vec<u32>,
    /// Tokens that must not occur.
    pub suppressed: Vec<u32>,
    /// Whether the log-probabilities of hypotheses are among what the rules allow. If not, they
    /// are the model's own.
    pub renormalize: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            repetition_penalty: 1.0,
            no_repeat_ngram: 0,
            bad_words: Vec::new(),
            forced_bos: None,
            forced_eos: Vec::new(),
            suppressed: Vec::new(),
            renormalize: false,
        }
    }
}

/// Where a hypothesis stands when its next token is chosen.
pub(super) struct Place<'a> {
    /// The tokens that precede the output.
    pub prefix: &'a [u32],
    /// The output so far.
    pub output: &'a [u32],
    /// The fewest and the most tokens that the output may have.
    pub min: usize,
    pub max: usize,
    /// The tokens that end it.
    pub stop: &'a [u32],
}

/// What rules make of a step's scores.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    /// Whether only the tokens of `scores` are allowed.
    pub only: bool,
    /// Tokens with their changed scores, in the order of the tokens, each once.
    pub scores: Vec<(u32, f32)>,
}

impl Changes {
    /// Whether the model's score of this token stands.
    pub fn keep(&self, token: u32) -> bool {
        !self.only
            && self
                .scores
                .binary_search_by_key(&token, |&(t, _)| t)
                .is_err()
    }
}

impl Changes {
    /// The logarithm of the probability that is left, where `scores` with `shift` are
    /// log-probabilities.
    pub fn log_total(&self, scores: &Scores<'_>, shift: f32) -> f32 {
        let new: f32 = self.scores.iter().map(|(_, score)| score.exp()).sum();
        if self.only {
            return new.ln();
        }
        let scores = match scores {
            Scores::All(scores) => scores,
            Scores::Selected(selected) => {
                return ((selected.unchanged_log_sum_exp + shift).exp() + new).ln();
            }
        };
        let probability = |token: u32| (scores[token as usize] + shift).exp();
        let old: f32 = self.scores.iter().map(|&(t, _)| probability(t)).sum();
        let mut kept = 1.0 - old;
        if kept < 0.5 {
            // Too few digits of the difference count.
            let tokens = 0..scores.len() as u32;
            kept = tokens.filter(|&t| self.keep(t)).map(probability).sum();
        }
        (kept + new).ln()
    }
}

impl Rules {
    /// Whether the rules have a meaning for a vocabulary of this size.
    pub(crate) fn check(&self, vocab: usize) -> Result<()> {
        let error = |reason: String| Err(Error::Option(reason));
        if !(self.repetition_penalty.is_finite() && self.repetition_penalty > 0.0) {
            return error(format!(
                "a repetition penalty is a positive number, not {}",
                self.repetition_penalty
            ));
        }
        if self.bad_words.iter().any(Vec::is_empty) {
            return error("a bad word has at least one token".to_owned());
        }
        let mut forced = self.forced_bos.iter().chain(&self.forced_eos);
        if let Some(token) = forced.find(|&&t| t as usize >= vocab) {
            return error(format!(
                "token {token} is to be forced, but only {vocab} tokens can be written"
            ));
        }
        Ok(())
    }

    /// The changes of a step's scores, of which there are `vocab`. Which tokens change depends on
    /// no `score`.
    pub(super) fn changes(
        &self,
        place: &Place<'_>,
        vocab: usize,
        score: impl Fn(u32) -> f32,
    ) -> Changes {
        let written = place.output.len();
        let mut changed = Changes::default();
        let length = place.prefix.len() + written;
        let forced: &[u32] = if written + 1 == place.max && !self.forced_eos.is_empty() {
            &self.forced_eos
        } else if length == 1 {
            self.forced_bos.as_slice()
        } else {
            &[]
        };
        if !forced.is_empty() {
            changed.only = true;
            changed.scores.extend(forced.iter().map(|&t| (t, 0.0)));
            changed.scores.sort_by_key(|&(t, _)| t);
            changed.scores.dedup();
            changed.scores.retain(|(t, _)| !self.suppressed.contains(t));
            return changed;
        }

        let mut banned = self.suppressed.clone();
        if written < place.min {
            banned.extend_from_slice(place.stop);
        }
        let looks_back = self.repetition_penalty != 1.0
            || self.no_repeat_ngram > 0
            || self.bad_words.iter().any(|w| w.len() > 1);
        let mut history = Vec::new();
        if looks_back {
            history.reserve(length);
            history.extend_from_slice(place.prefix);
            history.extend_from_slice(place.output);
        }
        if self.no_repeat_ngram > 0 {
            banned.extend(repeating(&history, self.no_repeat_ngram));
        }
        for word in &self.bad_words {
            if let Some((last, before)) = word.split_last()
                && history.ends_with(before)
                && !(before.is_empty() && place.stop.contains(last))
            {
                banned.push(*last);
            }
        }
        let banned = banned.into_iter().map(|t| (t, f32::NEG_INFINITY));
        changed.scores.extend(banned);
        if self.repetition_penalty != 1.0 {
            let penalty = self.repetition_penalty;
            let inside = history.into_iter().filter(|&t| (t as usize) < vocab);
            changed.scores.extend(inside.map(|t| match score(t) {
                score if score < 0.0 => (t, score * penalty),
                score => (t, score / penalty),
            }));
        }
        // Of a token's changes the least is kept: a ban wins.
        changed
            .scores
            .sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        changed.scores.dedup_by_key(|&mut (t, _)| t);
        changed.scores.retain(|&(t, _)| (t as usize) < vocab);
        changed
    }
}

/// The tokens that would repeat a sequence of `n`.
fn repeating(history: &[u32], n: usize) -> impl Iterator<Item = u32> {
    let before = history.len().checked_sub(n - 1).map(|at| &history[at..]);
    before.into_iter().flat_map(move |before| {
        history
            .windows(n)
            .filter(move |window| window.starts_with(before))
            .map(move |window| window[n - 1])
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// What `tests/fixtures/rules/generate.py` wrote: scores, and what the processors of
    /// `transformers` make of them.
    #[derive(Deserialize)]
    struct Fixture {
        scores: Vec<f32>,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        repetition_penalty: Option<f32>,
        no_repeat_ngram_size: Option<usize>,
        bad_words_ids: Option<Vec<Vec<u32>>>,
        forced_bos_token_id: Option<u32>,
        forced_eos_token_id: Option<Vec<u32>>,
        suppress_tokens: Option<Vec<u32>>,
        min_new_tokens: Option<usize>,
        max_new_tokens: usize,
        eos: Vec<u32>,
        prefix: Vec<u32>,
        output: Vec<u32>,
        log_softmax: bool,
        /// `None` for −∞.
        expected: Vec<Option<f32>>,
    }

    #[test]
    fn scores_become_what_transformers_makes_of_them() {
        let json = include_str!("../../../../tests/fixtures/rules/reference.json");
        let fixture: Fixture = serde_json::from_str(json).unwrap();
        assert!(fixture.cases.len() >= 20);
        for case in &fixture.cases {
            let rules = Rules {
                repetition_penalty: case.repetition_penalty.unwrap_or(1.0),
                no_repeat_ngram: case.no_repeat_ngram_size.unwrap_or(0),
                bad_words: case.bad_words_ids.clone().unwrap_or_default(),
                forced_bos: case.forced_bos_token_id,
                forced_eos: case.forced_eos_token_id.clone().unwrap_or_default(),
                suppressed: case.suppress_tokens.clone().unwrap_or_default(),
                renormalize: false,
            };
            rules.check(fixture.scores.len()).unwrap();
            let place = Place {
                prefix: &case.prefix,
                output: &case.output,
                min: case.min_new_tokens.unwrap_or(0),
                max: case.max_new_tokens,
                stop: &case.eos,
            };
            let shift = match case.log_softmax {
                true => -crate::kernels::log_sum_exp(&fixture.scores),
                false => 0.0,
            };
            let scores = &fixture.scores;
            let changes = rules.changes(&place, scores.len(), |t| scores[t as usize] + shift);
            for (token, expected) in case.expected.iter().enumerate() {
                let expected = expected.unwrap_or(f32::NEG_INFINITY);
                let changed = changes.scores.iter().find(|c| c.0 as usize == token);
                assert_eq!(
                    changes.keep(token as u32),
                    !changes.only && changed.is_none()
                );
                let found = match changed {
                    Some(&(_, score)) => score,
                    None if changes.only => f32::NEG_INFINITY,
                    None => fixture.scores[token] + shift,
                };
                let equal = found == expected || (found - expected).abs() < 1e-6;
                assert!(equal, "{}: token {token}: {found} {expected}", case.name);
            }
        }
    }

    #[test]
    fn without_a_rule_nothing_changes() {
        let place = Place {
            prefix: &[1, 1, 1],
            output: &[1, 1],
            min: 0,
            max: 3,
            stop: &[2],
        };
        let changes = Rules::default().changes(&place, 5, |_| 0.0);
        assert_eq!(changes, Changes::default());
        assert_eq!(changes.scores.capacity(), 0);
    }

    #[test]
    fn rules_without_meaning() {
        let none = Rules::default;
        let cases = [
            Rules {
                repetition_penalty: 0.0,
                ..none()
            },
            Rules {
                repetition_penalty: f32::NAN,
                ..none()
            },
            Rules {
                bad_words: vec![vec![]],
                ..none()
            },
            Rules {
                forced_bos: Some(5),
                ..none()
            },
            Rules {
                forced_eos: vec![1, 5],
                ..none()
            },
        ];
        for rules in cases {
            assert!(rules.check(5).is_err(), "{rules:?}");
        }
        let outside = Rules {
            bad_words: vec![vec![9], vec![1, 9]],
            suppressed: vec![7],
            ..none()
        };
        outside.check(5).unwrap();
        let place = Place {
            prefix: &[1],
            output: &[],
            min: 0,
            max: 3,
            stop: &[],
        };
        assert_eq!(outside.changes(&place, 5, |_| 0.0), Changes::default());
    }
}
