//! The layers of both sides.

use candle_core::{Device, Result, Tensor};

use super::config::{Config, NormKind};
use super::names::{Naming, Product, Projection, Side, Target};
use crate::cache::Layer as Stores;
use crate::linear::{FeedForward, Form, Linear};
use crate::ops::{self, Attention, Backend, LayerNorm, Pass, PositionBias, Reach, RmsNorm};
use crate::weights::Weights;

/// Where layers are read from, and how.
pub(super) struct Loader<'a> {
    pub config: &'a Config,
    pub weights: &'a dyn Weights,
    pub naming: Naming,
    pub form: Form,
    pub backend: Backend,
    pub device: &'a Device,
}

/// A norm of either kind.
pub(super) enum Norm {
    Layer(LayerNorm),
    RootMeanSquare(RmsNorm),
}

impl Norm {
    pub fn forward(&self, x: &Tensor, backend: Backend) -> Result<Tensor> {
        match self {
            Norm::Layer(norm) => norm.forward(x, backend),
            Norm::RootMeanSquare(norm) => norm.forward(x, backend),
        }
    }

    /// `norm(x + y)`, in place where it can be.
    fn after_sum(&self, x: Tensor, y: &Tensor, backend: Backend) -> Result<Tensor> {
        match self {
            Norm::Layer(norm) => norm.after_sum(x, y, backend),
            Norm::RootMeanSquare(norm) => norm.forward(&ops::sum(x, y, backend)?, backend),
        }
    }
}

/// A part of a layer stands between a norm and a residual sum, in one order or the other.
struct Residual {
    norm: Norm,
    before: bool,
}

impl Residual {
    fn around(
        &self,
        x: Tensor,
        backend: Backend,
        part: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        if self.before {
            let y = part(&self.norm.forward(&x, backend)?)?;
            ops::sum(x, &y, backend)
        } else {
            let y = part(&x)?;
            self.norm.after_sum(x, &y, backend)
        }
    }
}

impl Loader<'_> {
    /// A norm, by its name without `.weight`.
    pub fn norm(&self, name: &str) -> crate::Result<Norm> {
        let epsilon = self.config.norms.epsilon;
        let read = |part: &str| -> crate::Result<Tensor> {
            let name = format!("{name}.{part}");
            let tensor = self.weights.read(&name, &[self.config.hidden])?;
            Ok(tensor.to_dtype(self.form.dtype())?.to_device(self.device)?)
        };
        Ok(match self.config.norms.kind {
            NormKind::Layer => Norm::Layer(LayerNorm::new(
                read("weight")?,
                read("bias")?,
                epsilon,
                self.backend,
            )?),
            NormKind::RootMeanSquare => {
                Norm::RootMeanSquare(RmsNorm::new(read("weight")?, epsilon, self.backend)?)
            }
        })
    }

    fn residual(&self, norm: &str) -> crate::Result<Residual> {
        Ok(Residual {
            norm: self.norm(norm)?,
            before: self.config.norms.before,
        })
    }

    fn linear(&self, parts: &[(String, usize)], inner: usize) -> crate::Result<Linear> {
        let parts: Vec<_> = parts
            .iter()
            .map(|(n, width)| (n.as_str(), *width))
            .collect();
        let biases = self.config.biases;
        Linear::load(self.weights, &parts, inner, biases, self.form, self.device)
    }

    /// How a side attends; a decoder to the past, or to the whole source.
    fn attention(&self, side: Side, target: Target) -> Attention {
        let layers = match side {
            Side::Encoder => self.config.encoder,
            Side::Decoder => self.config.decoder,
        };
        Attention {
            heads: layers.heads,
            kv_heads: layers.heads,
            dim: layers.head_dim,
            scale: match self.config.scale_scores {
                true => (layers.head_dim as f32).powf(-0.5),
                false => 1.0,
            },
            reach: match (side, target) {
                (Side::Decoder, Target::Own) => Reach::Past(None),
                _ => Reach::All,
            },
        }
    }

    /// Products of an attention, side by side.
    fn projections(
        &self,
        side: Side,
        index: usize,
        target: Target,
        projections: &[Projection],
    ) -> crate::Result<Linear> {
        let width = self.attention(side, target).q_width();
        let (columns, inner) = match projections {
            [Projection::Output] => (self.config.hidden, width),
            _ => (width, self.config.hidden),
        };
        let parts: Vec<_> = projections
            .iter()
            .map(|&p| (self.naming.attention(side, index, target, p), columns))
            .collect();
        self.linear(&parts, inner)
    }

    fn self_attention(&self, side: Side, index: usize) -> crate::Result<SelfAttention> {
        use Projection::{Key, Output, Query, Value};
        let target = Target::Own;
        Ok(SelfAttention {
            residual: self.residual(&self.naming.attention_norm(side, index, target))?,
            attention: self.attention(side, target),
            qkv: self.projections(side, index, target, &[Query, Key, Value])?,
            output: self.projections(side, index, target, &[Output])?,
        })
    }

    fn cross_attention(&self, index: usize) -> crate::Result<CrossAttention> {
        use Projection::{Key, Output, Query, Value};
        let (side, target) = (Side::Decoder, Target::Source);
        Ok(CrossAttention {
            residual: self.residual(&self.naming.attention_norm(side, index, target))?,
            attention: self.attention(side, target),
            query: self.projections(side, index, target, &[Query])?,
            key_value: self.projections(side, index, target, &[Key, Value])?,
            output: self.projections(side, index, target, &[Output])?,
        })
    }

    fn feed_forward(&self, side: Side, index: usize) -> crate::Result<(Residual, FeedForward)> {
        let residual = self.residual(&self.naming.feed_forward_norm(side, index))?;
        let config = self.config;
        let width = match side {
            Side::Encoder => config.encoder.feed_forward,
            Side::Decoder => config.decoder.feed_forward,
        };
        let name = |product| self.naming.feed_forward(side, index, product, config.gated);
        let mut first = vec![(name(Product::Up), width)];
        if config.gated {
            first.insert(0, (name(Product::Gate), width));
        }
        let layer = FeedForward {
            first: self.linear(&first, config.hidden)?,
            activation: config.activation,
            gated: config.gated,
            down: self.linear(&[(name(Product::Down), config.hidden)], width)?,
        };
        Ok((residual, layer))
    }
}

struct SelfAttention {
    residual: Residual,
    attention: Attention,
    qkv: Linear,
    output: Linear,
}

impl SelfAttention {
    fn forward(
        &self,
        x: Tensor,
        (keys, values): &Stores,
        bias: Option<&PositionBias>,
        pass: &Pass,
        backend: Backend,
    ) -> Result<Tensor> {
        let attention = &self.attention;
        self.residual.around(x, backend, |x| {
            let qkv = self.qkv.forward(x)?;
            let from = attention.q_width();
            ops::write(&qkv, from, keys, pass, backend)?;
            ops::write(&qkv, from + attention.kv_width(), values, pass, backend)?;
            let h = ops::attend(&qkv, keys, values, attention, bias, pass, backend)?;
            self.output.forward(&h)
        })
    }
}

struct CrossAttention {
    residual: Residual,
    attention: Attention,
    query: Linear,
    key_value: Linear,
    output: Linear,
}

impl CrossAttention {
    fn forward(
        &self,
        x: Tensor,
        (keys, values): &Stores,
        pass: &Pass,
        backend: Backend,
    ) -> Result<Tensor> {
        self.residual.around(x, backend, |x| {
            let q = self.query.forward(x)?;
            let h = ops::attend(&q, keys, values, &self.attention, None, pass, backend)?;
            self.output.forward(&h)
        })
    }
}

/// A layer of the encoder.
pub(super) struct EncoderLayer {
    attention: SelfAttention,
    feed_forward: (Residual, FeedForward),
}

impl EncoderLayer {
    pub fn load(loader: &Loader<'_>, index: usize) -> crate::Result<Self> {
        Ok(Self {
            attention: loader.self_attention(Side::Encoder, index)?,
            feed_forward: loader.feed_forward(Side::Encoder, index)?,
        })
    }

    pub fn forward(
        &self,
        x: Tensor,
        stores: &Stores,
        bias: Option<&PositionBias>,
        pass: &Pass,
        backend: Backend,
    ) -> Result<Tensor> {
        let x = self.attention.forward(x, stores, bias, pass, backend)?;
        let (residual, feed_forward) = &self.feed_forward;
        residual.around(x, backend, |x| feed_forward.forward(x, backend))
    }
}

/// A layer of the decoder.
pub(super) struct DecoderLayer {
    attention: SelfAttention,
    cross: CrossAttention,
    feed_forward: (Residual, FeedForward),
}

impl DecoderLayer {
    pub fn load(loader: &Loader<'_>, index: usize) -> crate::Result<Self> {
        Ok(Self {
            attention: loader.self_attention(Side::Decoder, index)?,
            cross: loader.cross_attention(index)?,
            feed_forward: loader.feed_forward(Side::Decoder, index)?,
        })
    }

    /// Keeps the keys and values of what the encoder read.
    pub fn read(
        &self,
        read: &Tensor,
        (keys, values): &Stores,
        pass: &Pass,
        backend: Backend,
    ) -> Result<()> {
        let kv = self.cross.key_value.forward(read)?;
        ops::write(&kv, 0, keys, pass, backend)?;
        let from = self.cross.attention.kv_width();
        ops::write(&kv, from, values, pass, backend)
    }

    pub fn forward(
        &self,
        x: Tensor,
        (own, pass): (&Stores, &Pass),
        (sources, cross): (&Stores, &Pass),
        bias: Option<&PositionBias>,
        backend: Backend,
    ) -> Result<Tensor> {
        let x = self.attention.forward(x, own, bias, pass, backend)?;
        let x = self.cross.forward(x, sources, cross, backend)?;
        let (residual, feed_forward) = &self.feed_forward;
        residual.around(x, backend, |x| feed_forward.forward(x, backend))
    }
}
