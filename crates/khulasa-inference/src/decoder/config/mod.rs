//! A decoder-only model's shape, from a `config.json` or from GGUF metadata.

mod gemma3;
mod gguf;
mod llama;
mod rope;
#[cfg(test)]
mod tests;

pub(crate) use gguf::ends as ends_of_gguf;
use serde::Deserialize;

use crate::json::OneOrMany;
use crate::ops::Activation;
use crate::weights::Gguf;

/// The shape of a decoder-only model, and which of the families' parts it has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub feed_forward: usize,
    pub vocab: usize,
    /// Only ids below this are ever produced.
    pub output_vocab: usize,
    pub max_positions: usize,
    pub epsilon: f32,
    pub activation: Activation,
    /// Scores are divided by the root of this.
    pub query_scale: f64,
    /// The embedding is multiplied by √hidden.
    pub scale_embedding: bool,
    /// Queries, keys and values have biases.
    pub qkv_bias: bool,
    /// The attention's output has a bias.
    pub output_bias: bool,
    /// The feed-forward's products have biases.
    pub feed_forward_bias: bool,
    /// Queries and keys are normalised per head.
    pub qk_norm: bool,
    /// The attention's and the feed-forward's outputs are normalised before they are added.
    pub post_norms: bool,
    /// Norm weights in safetensors are stored as w, used as 1 + w.
    pub norm_plus_one: bool,
    /// The output head is the embedding.
    pub tied: bool,
    /// Rotary embedding: radians a position, for each pair of a head's dimensions.
    pub rope: Vec<f32>,
    /// The same in local layers.
    pub local_rope: Vec<f32>,
    /// Local layers see this many last positions.
    pub window: usize,
    /// Whether each layer is local.
    pub local: Vec<bool>,
    /// The tokens that end an output.
    pub eos: Vec<u32>,
}

/// More layers than any model has.
const MAX_LAYERS: usize = 1 << 12;
/// What a layer that sees only its last positions is called in a `config.json`.
const SLIDING: &str = "sliding_attention";

fn eos(tokens: Option<OneOrMany>) -> Vec<u32> {
    tokens.map_or_else(Vec::new, OneOrMany::into_vec)
}

/// An activation by its name in `config.json`.
fn activation(name: &str) -> Result<Activation, String> {
    match name {
        "gelu_pytorch_tanh" => Ok(Activation::GeluTanh),
        "silu" => Ok(Activation::Silu),
        other => Err(format!("the activation {other:?} is not supported")),
    }
}

impl Config {
    /// Reads a `config.json`, in the forms of transformers 4 and 5.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Kind {
            model_type: Option<String>,
        }
        let kind: Kind = serde_json::from_slice(json).map_err(|e| e.to_string())?;
        let config = match kind.model_type.as_deref() {
            Some("gemma3_text") => gemma3::text(json),
            Some("gemma3") => gemma3::multimodal(json),
            Some("llama") => llama::read(json, llama::Family::Llama),
            Some("qwen2") => llama::read(json, llama::Family::Qwen2),
            Some("qwen3") => llama::read(json, llama::Family::Qwen3),
            Some(other) => Err(format!(
                "model_type {other:?} is not supported: this version runs gemma3, gemma3_text, \
                 llama, qwen2 and qwen3"
            )),
            None => Err("there is no model_type".to_owned()),
        };
        config?.checked()
    }

    /// Reads the metadata of a GGUF file.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self, String> {
        gguf::read(gguf)?.checked()
    }

    /// Refuses shapes that mean nothing.
    fn checked(self) -> Result<Self, String> {
        let sizes = [
            ("hidden size", self.hidden),
            ("number of layers", self.layers),
            ("number of heads", self.heads),
            ("number of key/value heads", self.kv_heads),
            ("head dimension", self.head_dim),
            ("feed-forward size", self.feed_forward),
            ("vocabulary", self.vocab),
            ("output vocabulary", self.output_vocab),
            ("number of positions", self.max_positions),
            ("sliding window", self.window),
        ];
        for (name, size) in sizes {
            if size == 0 || size > 1 << 24 {
                return Err(format!("the {name} is {size}"));
            }
        }
        if !self.heads.is_multiple_of(self.kv_heads) {
            return Err(format!(
                "{} heads do not share {} key/value heads",
                self.heads, self.kv_heads
            ));
        }
        if self.output_vocab > self.vocab {
            return Err("the output vocabulary is larger than the vocabulary".to_owned());
        }
        if self.local.len() != self.layers {
            return Err(format!(
                "{} layer types for {} layers",
                self.local.len(),
                self.layers
            ));
        }
        for rope in [&self.rope, &self.local_rope] {
            if 2 * rope.len() != self.head_dim || rope.iter().any(|f| !f.is_finite()) {
                return Err(format!(
                    "the rotary embedding does not fit the head dimension {}, or is not finite",
                    self.head_dim
                ));
            }
        }
        let positive = |x: f64| x.is_finite() && x > 0.0;
        if !positive(self.query_scale) || !positive(self.epsilon.into()) {
            return Err(
                "the query scale or the norms' epsilon is not a positive number".to_owned(),
            );
        }
        Ok(self)
    }
}

/// Which of `layers` layers are local: what `types` says, or else `rule` of each from 0.
fn local(
    layers: usize,
    types: Option<&[String]>,
    rule: impl Fn(usize) -> bool,
) -> Result<Vec<bool>, String> {
    if layers > MAX_LAYERS {
        return Err(format!("the number of layers is {layers}"));
    }
    let Some(types) = types else {
        return Ok((0..layers).map(rule).collect());
    };
    types
        .iter()
        .map(|kind| match kind.as_str() {
            SLIDING => Ok(true),
            "full_attention" => Ok(false),
            other => Err(format!("the layer type {other:?} is not supported")),
        })
        .collect()
}
