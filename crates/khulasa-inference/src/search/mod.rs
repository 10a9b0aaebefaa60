//! Search: which tokens a model's logits become.
//!
//! Prompts wait in a queue, and as many as fit run at once; one that is done makes room for the
//! next in the middle of everybody else's work (continuous batching; Yu et al. 2022, "Orca").
//! What a prompt becomes depends on nothing but the prompt.

mod beam;
mod rules;
mod select;
mod single;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use candle_core::{CpuStorage, Device, Storage, Tensor};
pub use candle_transformers::generation::Sampling;
use rayon::prelude::*;

use self::beam::Beams;
pub use self::rules::Rules;
use self::select::{Scores, Selector};
use self::single::Single;
use crate::cache::{Cache, Sequence};
use crate::model::{Model, Room, Start};
use crate::{Error, Result};

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

/// Prompt tokens that are enough for one step: more would only take more memory.
const PREFILL: usize = 512;

/// How long a thread looks for work during a step before it sleeps: longer than what one thread does
/// alone takes, and short where others want its core.
const PATIENCE: Duration = Duration::from_micros(200);

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

    /// After each of [`Self::inputs`], the tokens whose scores rules change.
    fn changed(&self, vocab: usize, options: &Options) -> Vec<Vec<u32>> {
        let changed = |place| {
            let changes = options.rules.changes(&place, vocab, |_| 0.0);
            changes.scores.into_iter().map(|(token, _)| token).collect()
        };
        match self {
            Running::Single(it) => vec![changed(it.place(&options.stop))],
            Running::Beams(it) => it.places(&options.stop).map(changed).collect(),
        }
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

/// Runs all prompts. See [`crate::Generator::generate`]. The logits are on `device`, or in main
/// memory.
pub(crate) fn run(
    model: &dyn Model,
    pool: &rayon::ThreadPool,
    device: Option<&Device>,
    prompts: &[Prompt],
    options: &Options,
    observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Vec<Vec<Hypothesis>>> {
    let width = match &options.search {
        Search::Beam(beam) if beam.size == 0 => {
            return Err(Error::Option(
                "a beam has at least one hypothesis".to_owned(),
            ));
        }
        Search::Beam(beam) => beam.size,
        Search::Greedy | Search::Sample { .. } => 1,
    };
    let shape = model.shape();
    options.rules.check(shape.output_vocab)?;
    let limit = shape.longest_prompt;
    for (index, prompt) in prompts.iter().enumerate() {
        let tokens = prompt.tokens.len();
        if tokens == 0 || tokens > limit {
            return Err(Error::Prompt {
                index,
                tokens,
                limit,
            });
        }
        if let Some(&token) = prompt.tokens.iter().find(|&&t| t as usize >= shape.vocab) {
            let vocab = shape.vocab;
            return Err(Error::Option(format!(
                "prompt {index} has token {token} of a vocabulary of {vocab}"
            )));
        }
    }
    let new_tokens = |p: &Prompt| shape.new_tokens(p.tokens.len(), p.max_new_tokens);
    let positions = |p: &Prompt| shape.positions(p.tokens.len(), new_tokens(p));
    let most = |f: &dyn Fn(&Prompt) -> usize| prompts.iter().map(f).max().unwrap_or(0);
    let batch = if model.one_at_a_time() {
        1
    } else {
        options.batch
    };
    let rows = batch.max(width).min(width * prompts.len());
    let mut cache = model.cache(Room {
        rows,
        positions: most(&positions),
        prompts: rows / width,
        prompt_tokens: most(&|p| p.tokens.len()),
    })?;

    let selector = Selector::new(device, shape.output_vocab, options)?;
    let mut results = vec![Vec::new(); prompts.len()];
    let mut waiting = prompts.iter().enumerate();
    let mut running: Vec<(usize, Running)> = Vec::new();
    loop {
        let mut input_tokens = 0;
        let mut new = Vec::new();
        while cache.free() >= width * (new.len() + 1) && input_tokens < PREFILL {
            let Some((index, prompt)) = waiting.next() else {
                break;
            };
            input_tokens += prompt.tokens.len();
            new.push((index, prompt));
        }
        let tokens: Vec<_> = new.iter().map(|(_, p)| p.tokens.as_slice()).collect();
        let starts = awake(pool, || model.start(&mut cache, &tokens))?;
        for ((index, prompt), start) in new.into_iter().zip(starts) {
            let lengths = Lengths {
                min: prompt.min_new_tokens,
                limit: new_tokens(prompt),
            };
            running.push((index, Running::new(start, lengths, options, &mut cache)));
        }
        if running.is_empty() {
            return Ok(results);
        }
        let (outcomes, output_tokens) = awake(pool, || {
            step(model, &cache, selector.as_ref(), &mut running, options)
        })?;
        if observer(Event::Step {
            input_tokens,
            output_tokens,
        })
        .is_break()
        {
            return Err(Error::Cancelled);
        }
        let mut still = Vec::with_capacity(running.len());
        for ((index, it), outcome) in running.into_iter().zip(outcomes) {
            match outcome {
                None => still.push((index, it)),
                Some(hypotheses) => {
                    it.end(&mut cache);
                    if observer(Event::Done {
                        index,
                        hypotheses: &hypotheses,
                    })
                    .is_break()
                    {
                        return Err(Error::Cancelled);
                    }
                    results[index] = hypotheses;
                }
            }
        }
        running = still;
    }
}

/// Runs `f` on a thread of the pool while the others wait for its parts without going to sleep at
/// once: a step has many short parts, and waking a thread takes longer than most of them.
fn awake<R: Send>(pool: &rayon::ThreadPool, f: impl FnOnce() -> R + Send) -> R {
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let (done, work, result) = (
        AtomicBool::new(false),
        Mutex::new(Some(f)),
        Mutex::new(None),
    );
    pool.broadcast(|thread| {
        if thread.index() == 0 {
            let _done = Done(&done);
            let f = work.lock().ok().and_then(|mut work| work.take());
            let found = f.map(|f| f());
            if let Ok(mut result) = result.lock() {
                *result = found;
            }
        } else {
            let mut busy = Instant::now();
            while !done.load(Ordering::Acquire) && busy.elapsed() < PATIENCE {
                if rayon::yield_now() == Some(rayon::Yield::Executed) {
                    busy = Instant::now();
                } else {
                    std::hint::spin_loop();
                }
            }
        }
    });
    let result = result.into_inner().unwrap_or_else(PoisonError::into_inner);
    result.unwrap_or_else(|| unreachable!("the first thread ran it"))
}

/// One forward pass and what follows from its logits: for each running prompt its hypotheses, if
/// it is done; and the number of sequences that ran.
fn step(
    model: &dyn Model,
    cache: &Cache,
    selector: Option<&Selector>,
    running: &mut [(usize, Running)],
    options: &Options,
) -> Result<(Vec<Option<Vec<Hypothesis>>>, usize)> {
    let mut batch = Vec::new();
    let mut rows = Vec::new();
    for (_, it) in running.iter_mut() {
        let inputs = it.inputs();
        rows.push(batch.len()..batch.len() + inputs.len());
        batch.extend(inputs);
    }
    let output = model.forward(cache, &mut batch)?;
    let vocab = model.shape().output_vocab;
    let sequences = batch.len();
    let selected = match selector {
        Some(selector) => {
            let changed = || {
                let running = running.iter();
                running
                    .flat_map(|(_, it)| it.changed(vocab, options))
                    .collect()
            };
            selector.select(&output, changed)?
        }
        None => None,
    };
    let advance = |scores: Vec<Scores<'_>>| {
        running
            .par_iter_mut()
            .zip(rows)
            .map(|((_, it), rows)| it.advance(&scores[rows], options))
            .collect::<Result<Vec<_>>>()
    };
    let outcomes = match selected {
        Some(selected) => advance(selected.into_iter().map(Scores::Selected).collect()),
        None => with_values(&output.logits()?, |values| {
            advance(values.chunks_exact(vocab).map(Scores::All).collect())
        })?,
    }?;
    Ok((outcomes, sequences))
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
