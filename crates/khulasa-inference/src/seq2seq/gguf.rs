//! A T5's shape from GGUF metadata, under the keys of llama.cpp.

use candle_core::quantized::gguf_file::Value;

use super::config::{Config, Layers, NormKind, Norms, Positions};
use super::families::MOST_POSITIONS;
use crate::ops::Activation;
use crate::weights::{Gguf, Keys, Weights};

/// llama.cpp's files say nothing of the distance, and it reckons with this one.
const DISTANCE: usize = 128;

impl Config {
    /// Reads the shape of the T5 in a GGUF file.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self, String> {
        let keys = Keys {
            gguf,
            architecture: "t5",
        };
        let vocab = match gguf.value("tokenizer.ggml.tokens") {
            Some(Value::Array(tokens)) => tokens.len(),
            _ => return Err("there is no vocabulary (tokenizer.ggml.tokens)".to_owned()),
        };
        let count = keys.needed("block_count")?;
        let heads = keys.needed("attention.head_count")?;
        let hidden = keys.needed("embedding_length")?;
        let head_dim = match keys.number("attention.key_length")? {
            Some(dim) => dim,
            None => hidden / heads.max(1),
        };
        let layers = |count| -> Result<Layers, String> {
            Ok(Layers {
                count,
                heads,
                head_dim,
                feed_forward: keys.needed("feed_forward_length")?,
            })
        };
        let epsilon = match keys.real("attention.layer_norm_rms_epsilon")? {
            Some(epsilon) => Some(epsilon),
            None => keys.real("attention.layer_norm_epsilon")?,
        };
        let token = |name: &str| -> Result<Option<u32>, String> {
            let value = gguf.value(name).map(|v| v.to_u32());
            value.transpose().map_err(|e| format!("{name}: {e}"))
        };
        let gated = gguf.has("enc.blk.0.ffn_gate.weight");
        let own_head = gguf.has("output.weight");
        Self {
            hidden,
            encoder: layers(count)?,
            decoder: layers(keys.number("decoder_block_count")?.unwrap_or(count))?,
            vocab,
            output_vocab: vocab,
            shared_embedding: true,
            positions: Positions::Relative {
                buckets: keys.needed("attention.relative_buckets_count")?,
                distance: DISTANCE,
            },
            norms: Norms {
                kind: NormKind::RootMeanSquare,
                epsilon: epsilon.unwrap_or(1e-6) as f32,
                before: true,
                embedding: false,
                last: true,
            },
            // The first T5 has no gate and ReLU, the later ones GELU in its tanh form.
            activation: if gated {
                Activation::GeluTanh
            } else {
                Activation::Relu
            },
            gated,
            biases: false,
            scale_scores: false,
            scale_embedding: false,
            scale_output: !own_head,
            own_head,
            output_bias: false,
            max_positions: MOST_POSITIONS,
            start: token("t5.decoder_start_token_id")?.unwrap_or(0),
            eos: vec![token("tokenizer.ggml.eos_token_id")?.unwrap_or(1)],
        }
        .checked()
    }
}
