//! What search drives: a model that reads prompts, then writes token by token.

use candle_core::{DType, Tensor};

use crate::Result;
use crate::cache::{Cache, Sequence, Source};
use crate::linear::Linear;

/// A model of any architecture.
pub(crate) trait Model: Send + Sync {
    /// What prompts and outputs may be.
    fn shape(&self) -> &Shape;

    /// Whether sequences run one after another, so that several at once gain nothing.
    fn one_at_a_time(&self) -> bool {
        false
    }

    /// An empty cache for `room`.
    ///
    /// # Errors
    /// The device has no memory for it.
    fn cache(&self, room: Room) -> Result<Cache>;

    /// Begins with some prompts: says of each what its sequences read first. A model with an
    /// encoder reads the prompts here.
    ///
    /// # Errors
    /// There is no room in the cache; the device fails.
    fn start(&self, cache: &mut Cache, prompts: &[&[u32]]) -> Result<Vec<Start>>;

    /// Reads new tokens of some sequences (at least one each) and returns what follows each
    /// sequence's last token.
    ///
    /// # Errors
    /// There is no room in the cache; the device fails.
    fn forward(&self, cache: &Cache, batch: &mut [(&mut Sequence, &[u32])]) -> Result<Output<'_>>;
}

/// What a model says of the next token of some sequences.
pub(crate) enum Output<'a> {
    /// Logits: `[sequences, output vocabulary]`.
    Logits(Tensor),
    /// Hidden states, `[sequences, hidden]`, and the head that makes logits of them.
    Hidden(Tensor, &'a Linear),
}

impl Output<'_> {
    /// All logits: `[sequences, output vocabulary]`, contiguous f32.
    pub fn logits(&self) -> Result<Tensor> {
        let logits = match self {
            Output::Logits(logits) => logits.clone(),
            Output::Hidden(x, head) => head.forward(x)?,
        };
        Ok(logits.to_dtype(DType::F32)?.contiguous()?)
    }
}

/// What a prompt's sequences are written from.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    /// The source that an encoder has read.
    pub source: Option<Source>,
    /// The first tokens of every sequence, at least one.
    pub tokens: Vec<u32>,
}

/// The room that prompts need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// Sequences at once.
    pub rows: usize,
    /// Positions of the longest.
    pub positions: usize,
    /// Prompts at once.
    pub prompts: usize,
    /// Tokens of the longest.
    pub prompt_tokens: usize,
}

impl Room {
    /// Whether another room has all of it.
    pub fn fits(&self, other: &Self) -> bool {
        self.max(other) == *other
    }

    /// What has room for both.
    pub fn max(&self, other: &Self) -> Self {
        Self {
            rows: self.rows.max(other.rows),
            positions: self.positions.max(other.positions),
            prompts: self.prompts.max(other.prompts),
            prompt_tokens: self.prompt_tokens.max(other.prompt_tokens),
        }
    }

    /// Room for `rows` sequences of `positions` without an encoder.
    #[cfg(test)]
    pub fn for_sequences(rows: usize, positions: usize) -> Self {
        Self {
            rows,
            positions,
            prompts: 0,
            prompt_tokens: 0,
        }
    }
}

/// What a model's prompts and outputs may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The tokens of prompts are below this.
    pub vocab: usize,
    /// The tokens of outputs are below this.
    pub output_vocab: usize,
    /// Whether an encoder reads prompts. If not, outputs go on from them.
    pub encoder: bool,
    /// The longest prompt (tokens).
    pub longest_prompt: usize,
    /// The longest sequence (tokens): what it starts with and what is written.
    pub longest_sequence: usize,
}

impl Shape {
    /// The tokens that a sequence starts with, after a prompt of `prompt` tokens.
    fn first(&self, prompt: usize) -> usize {
        if self.encoder { 1 } else { prompt }
    }

    /// How many of `wanted` new tokens can follow a prompt of `prompt` tokens; at least 1.
    pub fn new_tokens(&self, prompt: usize, wanted: usize) -> usize {
        let room = self.longest_sequence.saturating_sub(self.first(prompt));
        wanted.min(room).max(1)
    }

    /// The positions of a sequence with `new` new tokens.
    pub fn positions(&self, prompt: usize, new: usize) -> usize {
        self.first(prompt) + new
    }
}
