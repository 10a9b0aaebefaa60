//! What search reads at every step: of a sequence's logits only those that its rules and the width
//! of its beam ask for, found while the head multiplies or on the device where the logits are.

use candle_core::{DType, Device, Tensor};

use super::{Options, Search, beam};
use crate::Result;
pub(super) use crate::kernels::Selected;
use crate::kernels::{Wanted, log_sum_exp};
use crate::model::Output;

/// What search knows of the logits of a sequence's next token.
pub(super) enum Scores<'a> {
    /// All of them.
    All(&'a [f32]),
    /// Those that [`Selector::select`] found.
    Selected(Selected),
}

impl Scores<'_> {
    /// The tokens that there are.
    pub fn vocab(&self) -> usize {
        match self {
            Scores::All(logits) => logits.len(),
            Scores::Selected(selected) => selected.vocab,
        }
    }

    /// A token's logit; −∞ if it is not known.
    pub fn get(&self, token: u32) -> f32 {
        let known = match self {
            Scores::All(logits) => logits.get(token as usize).copied(),
            Scores::Selected(Selected { best, changed, .. }) => {
                match changed.binary_search_by_key(&token, |&(t, _)| t) {
                    Ok(at) => Some(changed[at].1),
                    Err(_) => best.iter().find(|&&(t, _)| t == token).map(|&(_, v)| v),
                }
            }
        };
        known.unwrap_or(f32::NEG_INFINITY)
    }

    /// The logarithm of the sum of the exponentials of all logits.
    pub fn log_sum_exp(&self) -> f32 {
        match self {
            Scores::All(logits) => log_sum_exp(logits),
            Scores::Selected(selected) => selected.log_sum_exp,
        }
    }
}

/// More passes over the logits than this would take longer than to copy them.
const MOST: usize = 64;

/// How many of the largest logits these options need; `None` if all: of sampling, and of beams so
/// wide that selecting would take longer.
pub(super) fn count(options: &Options) -> Option<usize> {
    let count = match &options.search {
        Search::Greedy => 1,
        Search::Beam(beam) => beam::candidates(beam, &options.stop),
        Search::Sample { .. } => return None,
    };
    (count <= MOST).then_some(count)
}

/// What is wanted of a sequence's logits.
#[derive(Clone)]
pub(super) struct Want {
    /// How many of the largest.
    pub count: usize,
    /// The tokens that rules change, in order, each once.
    pub changed: Vec<u32>,
}

/// Selects scores.
pub(super) struct Selector {
    /// For a device: `[1, vocabulary]`, every token's id as a float.
    tokens: Option<Tensor>,
}

impl Selector {
    /// For a vocabulary, on a device if the logits are on one.
    pub fn new(device: Option<&Device>, vocab: usize) -> Result<Self> {
        // A float has 24 bits for a token.
        let tokens = match device.filter(|_| vocab <= 1 << 24) {
            Some(device) => {
                let tokens = Tensor::arange(0, vocab as u32, device)?.to_dtype(DType::F32)?;
                Some(tokens.unsqueeze(0)?)
            }
            None => None,
        };
        Ok(Self { tokens })
    }

    /// Selects what is wanted of every sequence. `None` where that is everything of some, or where
    /// it is best to look at all logits: they stand in main memory.
    pub fn select(
        &self,
        output: &Output<'_>,
        wanted: impl FnOnce() -> Option<Vec<Want>>,
    ) -> Result<Option<Vec<Selected>>> {
        match (&self.tokens, output) {
            (Some(tokens), _) => wanted()
                .map(|wanted| select_on_device(&output.logits()?, tokens, wanted))
                .transpose(),
            (None, Output::Hidden(x, head)) if head.is_packed() => wanted()
                .map(|wanted| {
                    let wanted = wanted.iter().map(|want| Wanted {
                        count: want.count,
                        changed: &want.changed,
                    });
                    Ok(head.select(x, &wanted.collect::<Vec<_>>())?)
                })
                .transpose(),
            (None, _) => Ok(None),
        }
    }
}

/// Selects from every row of logits, `[sequences, vocabulary]` in f32. One copy to main memory
/// brings all of it, and only operations are used that CUDA and Metal have for any vocabulary:
/// sorting by candle is limited by a block's shared memory, and its argmax on CUDA takes any of
/// equals.
fn select_on_device(logits: &Tensor, tokens: &Tensor, wanted: Vec<Want>) -> Result<Vec<Selected>> {
    let (rows, vocab) = logits.dims2()?;
    let device = logits.device();
    let total = sum_exp_log(logits)?;
    let mut left = logits.clone();
    let width = wanted.iter().map(|want| want.changed.len());
    let width = width.max().unwrap_or(0);
    let mut columns = vec![total.clone(), total];
    if width > 0 {
        let (mut tokens, mut marks) = (Vec::with_capacity(rows * width), Vec::new());
        for Want { changed: row, .. } in &wanted {
            // Short rows repeat a token. Where rules change none, none is taken.
            tokens.extend_from_slice(row);
            let (last, mark) = row.last().map_or((0, 0.0), |&t| (t, f32::NEG_INFINITY));
            tokens.extend(std::iter::repeat_n(last, width - row.len()));
            marks.push(mark);
        }
        let tokens = Tensor::from_vec(tokens, (rows, width), device)?;
        let marks = Tensor::from_vec(marks, (rows, 1), device)?;
        let originals = logits.contiguous()?.gather(&tokens, 1)?;
        left = left.scatter(&tokens, &originals.broadcast_add(&marks)?, 1)?;
        columns = vec![columns.swap_remove(0), sum_exp_log(&left)?, originals];
    }
    let shape = (rows, vocab);
    let tokens = tokens.broadcast_as(shape)?;
    let constant = |value: f32| Tensor::new(&[[value]], device)?.broadcast_as(shape);
    let (none, lowest) = (constant(f32::INFINITY)?, constant(f32::NEG_INFINITY)?);
    let count = wanted.iter().map(|want| want.count);
    for round in 0..count.max().unwrap_or(0) {
        if round > 0 {
            let found = tokens.broadcast_eq(&columns[columns.len() - 1])?;
            left = found.where_cond(&lowest, &left)?;
        }
        let largest = left.max_keepdim(1)?;
        let equal = left.broadcast_eq(&largest)?;
        let token = equal.where_cond(&tokens, &none)?.min_keepdim(1)?;
        columns.extend([largest, token]);
    }
    let values = Tensor::cat(&columns, 1)?.to_vec2::<f32>()?;
    let selected = values.into_iter().zip(wanted).map(|(row, want)| {
        let (originals, best) = row[2..].split_at(width);
        let best = best.chunks_exact(2).take(want.count);
        let best = best.map(|pair| (pair[1], pair[0]));
        // Where the logits are not numbers, or run out, there is no token.
        let best = best.filter(|&(t, v)| v > f32::NEG_INFINITY && t < vocab as f32);
        Selected {
            vocab,
            best: best.map(|(t, v)| (t as u32, v)).collect(),
            changed: want
                .changed
                .into_iter()
                .zip(originals.iter().copied())
                .collect(),
            log_sum_exp: row[0],
            unchanged_log_sum_exp: row[1],
        }
    });
    Ok(selected.collect())
}

/// `[rows, 1]`: the logarithm of the sum of a row's exponentials, −∞ where all logits are.
fn sum_exp_log(logits: &Tensor) -> candle_core::Result<Tensor> {
    let largest = logits.max_keepdim(1)?.maximum(f32::MIN)?;
    let sum = logits.broadcast_sub(&largest)?.exp()?.sum_keepdim(1)?;
    sum.log()? + largest
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::path::Path;

    use super::*;
    use crate::linear::Form;
    use crate::ops::Backend;
    use crate::{Beam, Generator, Hypothesis, Prompt, Rules};

    const NONE: f32 = f32::NEG_INFINITY;

    fn options(search: Search, rules: Rules) -> Options {
        Options {
            search,
            stop: vec![1],
            rules,
            batch: 8,
        }
    }

    fn select(counts: &[usize], logits: Tensor, changed: Vec<Vec<u32>>) -> Vec<Selected> {
        let selector = Selector::new(Some(&Device::Cpu), logits.dims()[1]).unwrap();
        let wanted = counts.iter().zip(changed);
        let wanted = wanted.map(|(&count, changed)| Want { count, changed });
        let selected = selector.select(&Output::Logits(logits), || Some(wanted.collect()));
        selected.unwrap().unwrap()
    }

    #[test]
    fn the_largest_the_changed_and_the_sums() {
        let rows = [
            [1.0, 3.0, 2.0, 3.0, NONE, 0.5],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [5.0, NONE, NONE, -1.0, NONE, NONE],
            [f32::NAN; 6],
        ];
        let logits = Tensor::new(&rows, &Device::Cpu).unwrap();
        let changed = vec![vec![1, 4], vec![], vec![0, 3, 5], vec![2]];
        let found = select(&[4, 4, 2, 1], logits, changed);
        assert_eq!(found[0].best, [(3, 3.0), (2, 2.0), (0, 1.0), (5, 0.5)]);
        assert_eq!(found[0].changed, [(1, 3.0), (4, NONE)]);
        assert_eq!(found[1].best, [(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0)]);
        assert_eq!(found[1].changed, []);
        assert_eq!(found[2].best, []);
        assert_eq!(found[2].changed, [(0, 5.0), (3, -1.0), (5, NONE)]);
        assert_eq!(found[2].unchanged_log_sum_exp, NONE);
        assert_eq!(found[3].best, []);
        let near = |a: f32, b: f32| assert!((a - b).abs() < 1e-5, "{a} {b}");
        for (found, row) in found.iter().zip(&rows).take(3) {
            near(found.log_sum_exp, log_sum_exp(row));
        }
        let left = [1.0, 2.0, 3.0, 0.5];
        near(found[0].unchanged_log_sum_exp, log_sum_exp(&left));
        near(found[1].unchanged_log_sum_exp, 6f32.ln());

        let scores = found.into_iter().next().map(Scores::Selected).unwrap();
        assert_eq!(scores.vocab(), 6);
        assert_eq!([1, 3, 4, 6].map(|t| scores.get(t)), [3.0, 3.0, NONE, NONE]);
    }

    #[test]
    fn without_changes_one_sum_is_the_other() {
        let logits = Tensor::new(&[[1f32, 2.0], [2.0, 1.0]], &Device::Cpu).unwrap();
        let changed = vec![Vec::new(), Vec::new()];
        let found = select(&[2, 1], logits, changed);
        assert_eq!(found[0].best, [(1, 2.0), (0, 1.0)]);
        assert_eq!(found[1].best, [(0, 2.0)]);
        for found in found {
            assert_eq!(found.log_sum_exp, found.unchanged_log_sum_exp);
        }
    }

    #[test]
    fn beams_that_are_too_wide_take_everything() {
        let count = |size| {
            let beam = Beam {
                size,
                ..Beam::default()
            };
            count(&options(Search::Beam(beam), Rules::default()))
        };
        assert_eq!(count(32), Some(64));
        assert_eq!(count(33), None);
        assert_eq!(count(usize::MAX), None);
    }

    #[test]
    fn hypotheses_are_those_of_all_logits() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/gemma3");
        let load = || {
            let (form, backend) = (Form::Dense(DType::F32), Backend::Portable);
            Generator::load_with(&path, form, backend, &Device::Cpu, None).unwrap()
        };
        let (all, selecting) = (load(), load().selecting());
        let prompts: Vec<_> = [&[2, 40, 41, 42, 40, 41][..], &[2, 7], &[2, 90, 11, 5]]
            .map(|tokens| Prompt {
                tokens: tokens.to_vec(),
                max_new_tokens: 12,
                min_new_tokens: 3,
            })
            .into();
        let generate = |generator: &Generator, options: &Options| -> Vec<Hypothesis> {
            let go_on = &mut |_: crate::Event<'_>| ControlFlow::Continue(());
            generator
                .generate(&prompts, options, go_on)
                .unwrap()
                .concat()
        };
        let free = generate(&all, &options(Search::Greedy, Rules::default()));
        let written = &free[0].tokens;
        let rules = Rules {
            repetition_penalty: 1.3,
            no_repeat_ngram: 2,
            bad_words: vec![vec![written[0]], vec![written[1], written[2]]],
            suppressed: vec![written[3]],
            ..Rules::default()
        };
        let forcing = Rules {
            forced_eos: vec![1, 9],
            renormalize: true,
            ..rules.clone()
        };
        for rules in [Rules::default(), rules, forcing] {
            for search in [Search::Greedy, Search::Beam(Beam::default())] {
                let options = options(search, rules.clone());
                let (a, b) = (generate(&all, &options), generate(&selecting, &options));
                assert!(
                    rules == Rules::default() || a != free,
                    "rules change something"
                );
                assert_eq!(a.len(), b.len());
                for (a, b) in a.into_iter().zip(b) {
                    let near = (a.log_probability - b.log_probability).abs() < 1e-4;
                    assert!(near, "{options:?}: {a:?} {b:?}");
                    let log_probability = a.log_probability;
                    assert_eq!(
                        a,
                        Hypothesis {
                            log_probability,
                            ..b
                        },
                        "{options:?}"
                    );
                }
            }
        }
    }
}
