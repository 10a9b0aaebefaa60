//! `config.json` of the families, with the defaults of their classes in `transformers`: old files
//! leave out what equals them.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::config::{Config, Layers, NormKind, Norms, Positions};
use crate::json::{OneOrMany, fields};
use crate::ops::Activation;

/// The families, by their `model_type`.
pub(crate) const FAMILIES: [&str; 7] =
    ["marian", "bart", "mbart", "pegasus", "m2m_100", "t5", "mt5"];

/// Sources of models without a table of positions in their files may be as long as this (tokens):
/// a bound of memory, not of the model's.
pub(super) const MOST_POSITIONS: usize = 1 << 13;

impl Config {
    /// Reads a `config.json` whose `model_type` is one of [`FAMILIES`].
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let mut json: Map<String, Value> =
            serde_json::from_slice(json).map_err(|e| e.to_string())?;
        // A null stands for the default.
        json.retain(|_, value| !value.is_null());
        let family = match json.get("model_type") {
            Some(Value::String(family)) => family.clone(),
            _ => return Err("there is no model_type".to_owned()),
        };
        let config = match family.as_str() {
            "t5" | "mt5" => fields::<T5>(json)?.config(&family),
            _ => fields::<Bart>(json)?.config(&family),
        };
        config?.checked()
    }
}

/// Marian, BART, mBART, Pegasus, M2M100 and NLLB.
#[derive(Deserialize)]
#[serde(default)]
struct Bart {
    d_model: usize,
    encoder_layers: usize,
    encoder_attention_heads: usize,
    encoder_ffn_dim: usize,
    decoder_layers: usize,
    decoder_attention_heads: usize,
    decoder_ffn_dim: usize,
    max_position_embeddings: usize,
    activation_function: Option<String>,
    scale_embedding: Option<bool>,
    vocab_size: Option<usize>,
    decoder_vocab_size: Option<usize>,
    share_encoder_decoder_embeddings: bool,
    decoder_start_token_id: Option<u32>,
    pad_token_id: Option<u32>,
    eos_token_id: Option<OneOrMany>,
}

impl Default for Bart {
    fn default() -> Self {
        Self {
            d_model: 1024,
            encoder_layers: 12,
            encoder_attention_heads: 16,
            encoder_ffn_dim: 4096,
            decoder_layers: 12,
            decoder_attention_heads: 16,
            decoder_ffn_dim: 4096,
            max_position_embeddings: 1024,
            activation_function: None,
            scale_embedding: None,
            vocab_size: None,
            decoder_vocab_size: None,
            share_encoder_decoder_embeddings: true,
            decoder_start_token_id: None,
            pad_token_id: None,
            eos_token_id: None,
        }
    }
}

impl Bart {
    fn config(self, family: &str) -> Result<Config, String> {
        let hidden = self.d_model;
        // (vocabulary, padding, start, end) of the family's class.
        let (vocab, pad, start, eos) = match family {
            "marian" => (58_101, 58_100, Some(58_100), 0),
            "m2m_100" => (128_112, 1, Some(2), 2),
            "bart" => (50_265, 1, Some(2), 2),
            "mbart" => (50_265, 1, None, 2),
            "pegasus" => (50_265, 0, Some(0), 1),
            other => {
                let known = FAMILIES.join(", ");
                return Err(format!(
                    "model_type {other:?} is not supported: this version runs {known} as \
                     encoder–decoders"
                ));
            }
        };
        let vocab = self.vocab_size.unwrap_or(vocab);
        let pad = self.pad_token_id.unwrap_or(pad);
        let eos = self.eos_token_id.map_or(vec![eos], OneOrMany::into_vec);
        let start = self.decoder_start_token_id.or(start);
        let layers = |count, heads: usize, feed_forward| {
            if heads == 0 || !hidden.is_multiple_of(heads) {
                return Err(format!("{heads} heads do not share a width of {hidden}"));
            }
            Ok(Layers {
                count,
                heads,
                head_dim: hidden / heads,
                feed_forward,
            })
        };
        let activation = match self.activation_function.as_deref() {
            None if family == "m2m_100" => Activation::Relu,
            None => Activation::Gelu,
            Some(name) => activation(name)?,
        };
        let half = hidden / 2;
        let positions = match family {
            "marian" | "pegasus" => Positions::Sinusoidal {
                first: 0,
                steps: half,
            },
            "m2m_100" => Positions::Sinusoidal {
                first: pad as usize + 1,
                steps: half.saturating_sub(1).max(1),
            },
            _ => Positions::Learned { offset: 2 },
        };
        Ok(Config {
            hidden,
            encoder: layers(
                self.encoder_layers,
                self.encoder_attention_heads,
                self.encoder_ffn_dim,
            )?,
            decoder: layers(
                self.decoder_layers,
                self.decoder_attention_heads,
                self.decoder_ffn_dim,
            )?,
            vocab,
            output_vocab: self.decoder_vocab_size.unwrap_or(vocab),
            shared_embedding: family != "marian" || self.share_encoder_decoder_embeddings,
            positions,
            norms: Norms {
                kind: NormKind::Layer,
                epsilon: 1e-5,
                before: matches!(family, "mbart" | "pegasus" | "m2m_100"),
                embedding: matches!(family, "bart" | "mbart"),
                last: matches!(family, "mbart" | "pegasus" | "m2m_100"),
            },
            activation,
            gated: false,
            biases: true,
            scale_scores: true,
            scale_embedding: self.scale_embedding.unwrap_or(family == "m2m_100"),
            scale_output: false,
            own_head: false,
            output_bias: family != "m2m_100",
            max_positions: match positions {
                Positions::Sinusoidal { .. } => self.max_position_embeddings.min(MOST_POSITIONS),
                _ => self.max_position_embeddings,
            },
            // mBART's outputs start as its sources end, unless a file says otherwise.
            start: start.or(eos.first().copied()).unwrap_or(pad),
            eos,
        })
    }
}

/// T5, flan-T5, MADLAD-400 and mT5.
#[derive(Deserialize)]
#[serde(default)]
struct T5 {
    vocab_size: Option<usize>,
    d_model: usize,
    d_kv: usize,
    d_ff: Option<usize>,
    num_layers: Option<usize>,
    num_decoder_layers: Option<usize>,
    num_heads: Option<usize>,
    relative_attention_num_buckets: usize,
    relative_attention_max_distance: usize,
    layer_norm_epsilon: f32,
    feed_forward_proj: Option<String>,
    tie_word_embeddings: Option<bool>,
    decoder_start_token_id: Option<u32>,
    pad_token_id: Option<u32>,
    eos_token_id: Option<OneOrMany>,
}

impl Default for T5 {
    fn default() -> Self {
        Self {
            vocab_size: None,
            d_model: 512,
            d_kv: 64,
            d_ff: None,
            num_layers: None,
            num_decoder_layers: None,
            num_heads: None,
            relative_attention_num_buckets: 32,
            relative_attention_max_distance: 128,
            layer_norm_epsilon: 1e-6,
            feed_forward_proj: None,
            tie_word_embeddings: None,
            decoder_start_token_id: None,
            pad_token_id: None,
            eos_token_id: None,
        }
    }
}

impl T5 {
    fn config(self, family: &str) -> Result<Config, String> {
        let multilingual = family == "mt5";
        let or =
            |value: Option<usize>, t5, mt5| value.unwrap_or(if multilingual { mt5 } else { t5 });
        let vocab = or(self.vocab_size, 32_128, 250_112);
        let count = or(self.num_layers, 6, 8);
        let layers = |count| Layers {
            count,
            heads: or(self.num_heads, 8, 6),
            head_dim: self.d_kv,
            feed_forward: or(self.d_ff, 2048, 1024),
        };
        let default = if multilingual { "gated-gelu" } else { "relu" };
        let projection = self.feed_forward_proj.as_deref().unwrap_or(default);
        let (gated, name) = match projection.strip_prefix("gated-") {
            // What T5 1.1 calls so is the tanh form.
            Some("gelu") => (true, "gelu_new"),
            Some(name) => (true, name),
            None => (false, projection),
        };
        Ok(Config {
            hidden: self.d_model,
            encoder: layers(count),
            decoder: layers(self.num_decoder_layers.unwrap_or(count)),
            vocab,
            output_vocab: vocab,
            shared_embedding: true,
            positions: Positions::Relative {
                buckets: self.relative_attention_num_buckets,
                distance: self.relative_attention_max_distance,
            },
            norms: Norms {
                kind: NormKind::RootMeanSquare,
                epsilon: self.layer_norm_epsilon,
                before: true,
                embedding: false,
                last: true,
            },
            activation: activation(name)?,
            gated,
            biases: false,
            scale_scores: false,
            scale_embedding: false,
            scale_output: !multilingual && self.tie_word_embeddings != Some(false),
            own_head: multilingual || self.tie_word_embeddings == Some(false),
            output_bias: false,
            max_positions: MOST_POSITIONS,
            start: self
                .decoder_start_token_id
                .or(self.pad_token_id)
                .unwrap_or(0),
            eos: self.eos_token_id.map_or(vec![1], OneOrMany::into_vec),
        })
    }
}

fn activation(name: &str) -> Result<Activation, String> {
    match name {
        "relu" => Ok(Activation::Relu),
        "swish" | "silu" => Ok(Activation::Silu),
        "gelu" => Ok(Activation::Gelu),
        "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Ok(Activation::GeluTanh),
        other => Err(format!("activation function {other:?} is not supported")),
    }
}
