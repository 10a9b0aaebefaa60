//! Search: which tokens a model's logits become.
//!
//! What a prompt becomes depends on nothing but the prompt and its options.

mod beam;
mod rules;
mod scheduler;
mod select;
mod single;

use candle_core::{CpuStorage, Storage, Tensor};
pub use candle_transformers::generation::Sampling;

use self::beam::Beams;
pub use self::rules::Rules;
pub(crate) use self::scheduler::Scheduler;
use self::select::{Scores, Want};
use self::single::Single;
use crate::Result;
use crate::cache::{Cache, Sequence};
use crate::model::Start;

/// How to search.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Search {
    /// The likeliest token at every step.
    Greedy,
    /// Beam search with the stopping rules of `transformers`.
    Beam(Beam),
    /// A token at random, as candle's `LogitsProcessor` draws it. Every prompt has its own
    /// generator, seeded with `seed`.
    Sample {
        /// From which tokens.
        sampling: Sampling,
        /// The seed.
        seed: u64,
    },
}

/// The settings of beam search.
#[derive(Debug, Clone, PartialEq)]
pub struct Beam {
    /// Hypotheses that are kept; at least 1.
    pub size: usize,
    /// A hypothesis' score is its log-probability divided by its length to this power.
    pub length_penalty: f32,
    /// When to stop.
    pub early_stopping: EarlyStopping,
}

/// When a beam search stops that has as many complete hypotheses as its beam is wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EarlyStopping {
    /// When the best open hypothesis, at its present length, does not score better than the worst
    /// complete one: `False` in `transformers`.
    #[default]
    Heuristic,
    /// At once: `True`.
    Immediate,
    /// When no open hypothesis can score better, at whatever length: `"never"`.
    Never,
}

impl Default for Beam {
    fn default() -> Self {
        Self {
            size: 4,
            length_penalty: 1.0,
            early_stopping: EarlyStopping::default(),
        }
    }
}

/// What to generate from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Its tokens; at least one.
    pub tokens: Vec<u32>,
    /// The most tokens that may follow; at least 1.
    pub max_new_tokens: usize,
    /// The fewest; no output ends before.
    pub min_new_tokens: usize,
}

/// How to generate.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The search.
    pub search: Search,
    /// The tokens that end an output.
    pub stop: Vec<u32>,
    /// What outputs must obey.
    pub rules: Rules,
    /// The most sequences that run at once; a beam search takes as many as its beam is wide.
    pub batch: usize,
}

/// An output.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// Its tokens, without the prompt and the token that ended it.
    pub tokens: Vec<u32>,
    /// The natural logarithm of its probability, the token that ended it included.
    pub log_probability: f32,
    /// The tokens that `log_probability` counts.
    pub scored: usize,
    /// Whether it ended by itself, not at the prompt's limit.
    pub complete: bool,
}

/// Something that happens during generation.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The model took a step.
    Step {
        /// Prompt tokens that it read.
        input_tokens: usize,
        /// Tokens that it wrote, in all hypotheses.
        output_tokens: usize,
    },
    /// A prompt is done.
    Done {
        /// Its index.
        index: usize,
        /// Its hypotheses, best first.
        hypotheses: &'a [Hypothesis],
    },
}

/// How many tokens a prompt's output has at least, and at most.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    min: usize,
    limit: usize,
}

/// What is under way for one prompt.
enum Running {
    Single(Box<Single>),
    Beams(Beams),
}

impl Running {
    fn new(start: Start, lengths: Lengths, options: &Options, cache: &mut Cache) -> Self {
        match &options.search {
            Search::Greedy => Running::Single(Single::new(start, lengths, None, cache).into()),
            Search::Sample { sampling, seed } => {
                Running::Single(Single::new(start, lengths, Some((sampling, *seed)), cache).into())
            }
            Search::Beam(beam) => Running::Beams(Beams::new(start, lengths, beam, cache)),
        }
    }

    /// The sequences that go on, each with the tokens that it reads next.
    fn inputs(&mut self) -> Vec<(&mut Sequence, &[u32])> {
        match self {
            Running::Single(it) => it.inputs(),
            Running::Beams(it) => it.inputs(),
        }
    }

    /// After each of [`Self::inputs`], the logits that are wanted; `None` if that is all of them.
    fn wanted(&self, vocab: usize, options: &Options) -> Option<Vec<Want>> {
        let count = select::count(options)?;
        let want = |place| {
            let changes = options.rules.changes(&place, vocab, |_| 0.0);
            let changed = changes.scores.into_iter().map(|(token, _)| token).collect();
            Want { count, changed }
        };
        Some(match self {
            Running::Single(it) => vec![want(it.place(&options.stop))],
            Running::Beams(it) => it.places(&options.stop).map(want).collect(),
        })
    }

    /// Takes the scores after each of [`Self::inputs`]; returns the hypotheses when it is done.
    fn advance(
        &mut self,
        scores: &[Scores<'_>],
        options: &Options,
    ) -> Result<Option<Vec<Hypothesis>>> {
        match self {
            Running::Single(it) => it.advance(&scores[0], options),
            Running::Beams(it) => Ok(it.advance(scores, options)),
        }
    }

    fn end(self, cache: &mut Cache) {
        match self {
            Running::Single(it) => it.end(cache),
            Running::Beams(it) => it.end(cache),
        }
    }
}

/// Lends the values of a contiguous f32 tensor, without a copy where they are in main memory.
fn with_values<R>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> R) -> Result<R> {
    {
        let (storage, layout) = tensor.storage_and_layout();
        if let (Storage::Cpu(CpuStorage::F32(data)), Some((from, to))) =
            (&*storage, layout.contiguous_offsets())
        {
            return Ok(f(&data[from..to]));
        }
    }
    Ok(f(&tensor.flatten_all()?.to_vec1::<f32>()?))
}
