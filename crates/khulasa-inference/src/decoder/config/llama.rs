//! The `config.json` of Llama and of the families that differ from it in few places: Qwen 2 and
//! 2.5 (biases of queries, keys and values) and Qwen 3 (norms of queries and keys).

use serde::Deserialize;

use super::rope::RopeParameters;
use super::{Config, activation, eos, local};
use crate::json::OneOrMany;

/// Which of the families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Llama,
    Qwen2,
    Qwen3,
}

/// The base of the rotary embedding where a config says nothing.
pub(super) const BASE: f64 = 1e4;

#[derive(Debug, Deserialize)]
struct Json {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    intermediate_size: usize,
    vocab_size: usize,
    output_vocab: Option<usize>,
    max_position_embeddings: usize,
    rms_norm_eps: f32,
    hidden_act: String,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    #[serde(default)]
    use_sliding_window: bool,
    sliding_window: Option<usize>,
    max_window_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
    rope_theta: Option<f64>,
    rope_scaling: Option<RopeParameters>,
    rope_parameters: Option<RopeParameters>,
    eos_token_id: Option<OneOrMany>,
    #[serde(default)]
    tie_word_embeddings: bool,
}

/// Reads the `config.json` of one of the families.
pub(super) fn read(json: &[u8], family: Family) -> Result<Config, String> {
    let c: Json = serde_json::from_slice(json).map_err(|e| e.to_string())?;
    let head_dim = match (c.head_dim, family) {
        (Some(dim), _) => dim,
        (None, Family::Qwen3) => 128,
        (None, _) => c.hidden_size / c.num_attention_heads.max(1),
    };
    let parameters = c.rope_parameters.or(c.rope_scaling).unwrap_or_default();
    let rope = parameters
        .or_base(c.rope_theta)
        .frequencies(head_dim, BASE)?;
    let window = match family {
        Family::Llama => None,
        _ => c.sliding_window.filter(|_| c.use_sliding_window),
    };
    let first_local = c.max_window_layers.unwrap_or(28);
    Ok(Config {
        hidden: c.hidden_size,
        layers: c.num_hidden_layers,
        heads: c.num_attention_heads,
        kv_heads: c.num_key_value_heads.unwrap_or(c.num_attention_heads),
        head_dim,
        feed_forward: c.intermediate_size,
        vocab: c.vocab_size,
        output_vocab: c.output_vocab.unwrap_or(c.vocab_size),
        max_positions: c.max_position_embeddings,
        epsilon: c.rms_norm_eps,
        activation: activation(&c.hidden_act)?,
        query_scale: head_dim as f64,
        scale_embedding: false,
        qkv_bias: c.attention_bias || family == Family::Qwen2,
        output_bias: c.attention_bias && family != Family::Qwen2,
        feed_forward_bias: c.mlp_bias && family == Family::Llama,
        qk_norm: family == Family::Qwen3,
        post_norms: false,
        norm_plus_one: false,
        tied: c.tie_word_embeddings,
        local_rope: rope.clone(),
        rope,
        window: window.unwrap_or(c.max_position_embeddings),
        local: local(c.num_hidden_layers, c.layer_types.as_deref(), |layer| {
            window.is_some() && layer >= first_local
        })?,
        eos: eos(c.eos_token_id),
    })
}
