//! Decoder-only models: RMS norms, rotary positions, grouped-query attention, gated feed-forward.

mod config;
mod names;
#[cfg(test)]
pub(crate) mod tests;

use candle_core::{DType, Device, Tensor};
pub(crate) use config::{Config, ends_of_gguf};
pub(crate) use names::Naming;

use crate::Result;
use crate::cache::{Batch, Cache, Layer as Stores, Place, Sequence};
use crate::linear::{FeedForward, Form, Linear, Weight};
use crate::model::{Model, Output, Room, Shape, Start};
use crate::ops::{self, Angles, Attention, Backend, Pass, Reach, RmsNorm};
use crate::weights::Weights;

/// A decoder-only model.
pub(crate) struct Decoder {
    config: Config,
    shape: Shape,
    backend: Backend,
    device: Device,
    embedding: Weight,
    head: Linear,
    layers: Vec<Layer>,
    norm: RmsNorm,
}

struct Layer {
    local: bool,
    attention: Attention,
    input_norm: RmsNorm,
    qkv: Linear,
    qk_norms: Option<(RmsNorm, RmsNorm)>,
    output: Linear,
    post_attention_norm: Option<RmsNorm>,
    feed_forward_norm: RmsNorm,
    feed_forward: FeedForward,
    post_feed_forward_norm: Option<RmsNorm>,
}

impl Decoder {
    /// Reads the weights.
    pub fn load(
        config: Config,
        weights: &dyn Weights,
        naming: Naming,
        form: Form,
        backend: Backend,
        device: &Device,
    ) -> Result<Self> {
        let plus_one = naming != Naming::Gguf && config.norm_plus_one;
        let norm = |name: &str, width: usize| -> Result<RmsNorm> {
            let weight = weights.read(name, &[width])?;
            let weight = if plus_one { (weight + 1.0)? } else { weight };
            Ok(RmsNorm::new(
                weight.to_device(device)?,
                config.epsilon,
                backend,
            )?)
        };
        let (hidden, dim) = (config.hidden, config.head_dim);
        let (q_width, kv_width) = (config.heads * dim, config.kv_heads * dim);
        let matrix =
            |name: String| Weight::load(weights, &[(&name, config.vocab)], hidden, form, device);
        let embedding = matrix(naming.embedding())?;
        let head = if config.tied {
            embedding.clone()
        } else {
            matrix(naming.head())?
        };
        let head = Linear::head(head, config.output_vocab, None, form, device)?;
        let feed_forward_norm = if config.post_norms {
            names::PRE_FEED_FORWARD_NORM
        } else {
            names::FEED_FORWARD_NORM
        };
        let mut layers = Vec::with_capacity(config.layers);
        for (i, &local) in config.local.iter().enumerate() {
            let name = |part| naming.layer(i, part);
            let optional = |wanted: bool, part, width| -> Result<Option<RmsNorm>> {
                if wanted {
                    Ok(Some(norm(&name(part), width)?))
                } else {
                    Ok(None)
                }
            };
            let qk_norms = match config.qk_norm {
                true => Some((
                    norm(&name(names::Q_NORM), dim)?,
                    norm(&name(names::K_NORM), dim)?,
                )),
                false => None,
            };
            let linear = |parts: &[(names::Part, usize)], inner, bias| -> Result<Linear> {
                let names: Vec<_> = parts
                    .iter()
                    .map(|&(part, width)| (name(part), width))
                    .collect();
                let parts: Vec<_> = names
                    .iter()
                    .map(|(n, width)| (n.as_str(), *width))
                    .collect();
                Linear::load(weights, &parts, inner, bias, form, device)
            };
            layers.push(Layer {
                local,
                attention: Attention {
                    heads: config.heads,
                    kv_heads: config.kv_heads,
                    dim,
                    scale: config.query_scale.powf(-0.5) as f32,
                    reach: Reach::Past(local.then_some(config.window)),
                },
                input_norm: norm(&name(names::INPUT_NORM), hidden)?,
                qkv: linear(
                    &[
                        (names::Q, q_width),
                        (names::K, kv_width),
                        (names::V, kv_width),
                    ],
                    hidden,
                    config.qkv_bias,
                )?,
                qk_norms,
                output: linear(&[(names::OUTPUT, hidden)], q_width, config.output_bias)?,
                post_attention_norm: optional(
                    config.post_norms,
                    names::POST_ATTENTION_NORM,
                    hidden,
                )?,
                feed_forward_norm: norm(&name(feed_forward_norm), hidden)?,
                feed_forward: FeedForward {
                    first: linear(
                        &[
                            (names::GATE, config.feed_forward),
                            (names::UP, config.feed_forward),
                        ],
                        hidden,
                        config.feed_forward_bias,
                    )?,
                    activation: config.activation,
                    gated: true,
                    down: linear(
                        &[(names::DOWN, hidden)],
                        config.feed_forward,
                        config.feed_forward_bias,
                    )?,
                },
                post_feed_forward_norm: optional(
                    config.post_norms,
                    names::POST_FEED_FORWARD_NORM,
                    hidden,
                )?,
            });
        }
        let norm = norm(&naming.output_norm(), hidden)?;
        let shape = Shape {
            vocab: config.vocab,
            output_vocab: config.output_vocab,
            encoder: false,
            longest_prompt: config.max_positions.saturating_sub(1),
            longest_sequence: config.max_positions,
        };
        Ok(Self {
            shape,
            backend,
            device: device.clone(),
            embedding,
            head,
            layers,
            norm,
            config,
        })
    }
}

impl Model for Decoder {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn cache(&self, room: Room) -> Result<Cache> {
        let config = &self.config;
        let place = Place {
            layers: config.layers,
            width: config.kv_heads * config.head_dim,
            dtype: match &self.embedding {
                // bf16 as its bits: zeroed memory of this type is not touched before it is used.
                Weight::Int8(_) => DType::I16,
                Weight::Dense(weight) => weight.dtype(),
            },
            device: self.device.clone(),
        };
        let angles =
            [&config.rope, &config.local_rope].map(|rope| Angles::new(room.positions, rope));
        Ok(Cache::new(
            &place,
            room.rows,
            room.positions,
            angles.into(),
        )?)
    }

    fn start(&self, _: &mut Cache, prompts: &[&[u32]]) -> Result<Vec<Start>> {
        let start = |tokens: &&[u32]| Start {
            source: None,
            tokens: tokens.to_vec(),
        };
        Ok(prompts.iter().map(start).collect())
    }

    fn forward(&self, cache: &Cache, batch: &mut [(&mut Sequence, &[u32])]) -> Result<Output<'_>> {
        let Batch {
            ids, last, pass, ..
        } = Batch::new(cache, batch)?;
        let mut x = self.embedding.embed(&ids)?;
        if self.config.scale_embedding {
            x = (x * (self.config.hidden as f64).sqrt())?;
        }
        for (layer, stores) in self.layers.iter().zip(&cache.layers) {
            let angles = &cache.angles[usize::from(layer.local)];
            x = layer.forward(x, stores, angles, &pass, self.backend)?;
        }
        if last.len() < ids.len() {
            x = x.index_select(&Tensor::new(last, &self.device)?, 0)?;
        }
        let x = self.norm.forward(&x, self.backend)?;
        Ok(Output::Hidden(x, &self.head))
    }
}

impl Layer {
    fn forward(
        &self,
        x: Tensor,
        (keys, values): &Stores,
        angles: &Angles,
        pass: &Pass,
        backend: Backend,
    ) -> candle_core::Result<Tensor> {
        let add = |x: Tensor, y: Tensor, norm: &Option<RmsNorm>| match norm {
            Some(norm) => norm.add(x, &y, backend),
            None => ops::sum(x, &y, backend),
        };
        let h = self.input_norm.forward(&x, backend)?;
        let qkv = self.qkv.forward(&h)?;
        let qkv = ops::rotate(
            qkv,
            &self.attention,
            self.qk_norms.as_ref(),
            angles,
            pass,
            backend,
        )?;
        let (attention, from) = (&self.attention, self.attention.q_width());
        ops::write(&qkv, from, keys, pass, backend)?;
        ops::write(&qkv, from + attention.kv_width(), values, pass, backend)?;
        let h = ops::attend(&qkv, keys, values, attention, None, pass, backend)?;
        let x = add(x, self.output.forward(&h)?, &self.post_attention_norm)?;
        let h = self.feed_forward_norm.forward(&x, backend)?;
        let h = self.feed_forward.forward(&h, backend)?;
        add(x, h, &self.post_feed_forward_norm)
    }
}
