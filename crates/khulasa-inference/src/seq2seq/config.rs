//! What an encoder–decoder model is made of.

use crate::ops::Activation;

/// A model's shape, and the choices in which the families differ.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    pub hidden: usize,
    pub encoder: Layers,
    pub decoder: Layers,
    /// Tokens of sources, and of outputs.
    pub vocab: usize,
    pub output_vocab: usize,
    /// Whether both sides share one embedding.
    pub shared_embedding: bool,
    pub positions: Positions,
    pub norms: Norms,
    pub activation: Activation,
    /// Whether feed-forward layers have a gate.
    pub gated: bool,
    /// Whether linear layers have biases.
    pub biases: bool,
    /// Whether scores are divided by the root of the head's width.
    pub scale_scores: bool,
    /// Whether embeddings are multiplied by the root of the hidden size.
    pub scale_embedding: bool,
    /// Whether outputs are divided by the root of the hidden size, before the head.
    pub scale_output: bool,
    /// Whether the head may have weights of its own; if not, or if there are none, it is the
    /// decoder's embedding.
    pub own_head: bool,
    /// Whether the head has a bias.
    pub output_bias: bool,
    /// The longest source and the longest output (tokens).
    pub max_positions: usize,
    /// What every output starts with.
    pub start: u32,
    /// The tokens that end an output.
    pub eos: Vec<u32>,
}

/// The layers of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layers {
    pub count: usize,
    pub heads: usize,
    pub head_dim: usize,
    pub feed_forward: usize,
}

/// How tokens know where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Positions {
    /// Sines, then cosines (Vaswani et al. 2017), of frequencies that fall in steps of `1/steps`
    /// to a ten-thousandth; the first position is `first`.
    Sinusoidal { first: usize, steps: usize },
    /// A table of which the first rows, `offset` of them, stand for no position.
    Learned { offset: usize },
    /// Nothing but a bias of attention (Raffel et al. 2020).
    Relative { buckets: usize, distance: usize },
}

/// Which norms stand where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Norms {
    pub kind: NormKind,
    pub epsilon: f32,
    /// Before each part of a layer, instead of behind its residual sum.
    pub before: bool,
    /// Behind the embedding.
    pub embedding: bool,
    /// Behind the last layer.
    pub last: bool,
}

/// The kind of norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NormKind {
    Layer,
    RootMeanSquare,
}

/// No model has more layers.
const MOST_LAYERS: usize = 1 << 12;
/// No model has more heads.
const MOST_HEADS: usize = 1 << 10;
/// No size is larger.
const LARGEST: usize = 1 << 24;

impl Config {
    /// Refuses shapes that mean nothing.
    pub fn checked(self) -> Result<Self, String> {
        let sides = [("encoder", self.encoder), ("decoder", self.decoder)];
        for (side, layers) in sides {
            if layers.count == 0 || layers.count > MOST_LAYERS {
                return Err(format!("the {side} has {} layers", layers.count));
            }
            if layers.heads > MOST_HEADS {
                return Err(format!(
                    "the number of heads of the {side} is {}",
                    layers.heads
                ));
            }
        }
        let of = |name: &'static str, f: fn(&Layers) -> usize| {
            sides.map(|(side, layers)| (format!("{name} of the {side}"), f(&layers)))
        };
        let mut sizes = vec![
            ("hidden size".to_owned(), self.hidden),
            ("vocabulary".to_owned(), self.vocab),
            ("output vocabulary".to_owned(), self.output_vocab),
            ("number of positions".to_owned(), self.max_positions),
        ];
        sizes.extend(of("number of heads", |l| l.heads));
        sizes.extend(of("head dimension", |l| l.head_dim));
        sizes.extend(of("feed-forward size", |l| l.feed_forward));
        if let Positions::Relative { buckets, distance } = self.positions {
            sizes.push(("number of position buckets".to_owned(), buckets / 4));
            sizes.push(("distance of position buckets".to_owned(), distance));
            if distance <= buckets / 2 {
                return Err(format!(
                    "{buckets} position buckets do not reach beyond a distance of {distance}"
                ));
            }
        }
        for (name, size) in sizes {
            if size == 0 || size > LARGEST {
                return Err(format!("the {name} is {size}"));
            }
        }
        if self.shared_embedding && self.output_vocab != self.vocab {
            return Err(format!(
                "both sides share one embedding, but the decoder's vocabulary is {}, the encoder's \
                 {}",
                self.output_vocab, self.vocab
            ));
        }
        if !(self.norms.epsilon.is_finite() && self.norms.epsilon > 0.0) {
            return Err(format!("the norms' epsilon is {}", self.norms.epsilon));
        }
        if self.start as usize >= self.output_vocab {
            return Err(format!(
                "outputs start with token {} of a vocabulary of {}",
                self.start, self.output_vocab
            ));
        }
        Ok(self)
    }
}
