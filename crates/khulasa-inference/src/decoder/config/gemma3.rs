//! Gemma 3's `config.json`.

use serde::Deserialize;

use super::rope::RopeParameters;
use super::{Config, activation, eos, local};
use crate::json::OneOrMany;

/// Global layers' base where a config says nothing.
pub(super) const GLOBAL_BASE: f64 = 1e6;
/// Local layers' base where a config says nothing.
pub(super) const LOCAL_BASE: f64 = 1e4;
/// One layer in this many is global.
pub(super) const PATTERN: usize = 6;

/// `gemma3_text`. What is absent is as in `Gemma3TextConfig`: the published configurations of the
/// larger models name only what differs.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct Text {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: usize,
    head_dim: usize,
    intermediate_size: usize,
    vocab_size: usize,
    output_vocab: Option<usize>,
    max_position_embeddings: usize,
    rms_norm_eps: f32,
    hidden_activation: String,
    query_pre_attn_scalar: f64,
    attention_bias: bool,
    attn_logit_softcapping: Option<f64>,
    final_logit_softcapping: Option<f64>,
    use_bidirectional_attention: Option<bool>,
    sliding_window: Option<usize>,
    #[serde(alias = "_sliding_window_pattern")]
    sliding_window_pattern: Option<usize>,
    layer_types: Option<Vec<String>>,
    rope_theta: Option<f64>,
    rope_local_base_freq: Option<f64>,
    rope_scaling: Option<RopeParameters>,
    rope_parameters: Option<ByLayerType>,
    eos_token_id: Option<OneOrMany>,
    tie_word_embeddings: bool,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            hidden_size: 2304,
            num_hidden_layers: 26,
            num_attention_heads: 8,
            num_key_value_heads: 4,
            head_dim: 256,
            intermediate_size: 9216,
            vocab_size: 262_208,
            output_vocab: None,
            max_position_embeddings: 131_072,
            rms_norm_eps: 1e-6,
            hidden_activation: "gelu_pytorch_tanh".to_owned(),
            query_pre_attn_scalar: 256.0,
            attention_bias: false,
            attn_logit_softcapping: None,
            final_logit_softcapping: None,
            use_bidirectional_attention: None,
            sliding_window: Some(4096),
            sliding_window_pattern: None,
            layer_types: None,
            rope_theta: None,
            rope_local_base_freq: None,
            rope_scaling: None,
            rope_parameters: None,
            eos_token_id: Some(OneOrMany::One(1)),
            tie_word_embeddings: true,
        }
    }
}

#[derive(Debug, Deserialize)]
struct ByLayerType {
    full_attention: RopeParameters,
    sliding_attention: RopeParameters,
}

/// Reads a `gemma3_text`.
pub(super) fn text(json: &[u8]) -> Result<Config, String> {
    config(serde_json::from_slice(json).map_err(|e| e.to_string())?)
}

/// Reads the text part of a `gemma3`, which has a vision part too.
pub(super) fn multimodal(json: &[u8]) -> Result<Config, String> {
    #[derive(Deserialize)]
    struct Multimodal {
        text_config: Text,
        eos_token_id: Option<OneOrMany>,
        tie_word_embeddings: Option<bool>,
    }
    let c: Multimodal = serde_json::from_slice(json).map_err(|e| e.to_string())?;
    let text = c.text_config;
    config(Text {
        eos_token_id: c.eos_token_id.or(text.eos_token_id),
        tie_word_embeddings: c.tie_word_embeddings.unwrap_or(text.tie_word_embeddings),
        ..text
    })
}

fn config(c: Text) -> Result<Config, String> {
    if c.attn_logit_softcapping.is_some()
        || c.final_logit_softcapping.is_some()
        || c.use_bidirectional_attention == Some(true)
    {
        return Err("soft-capped logits and attention in both directions are not supported".into());
    }
    let (global, local_rope) = match c.rope_parameters {
        Some(by) => (by.full_attention, by.sliding_attention),
        None => (
            c.rope_scaling.unwrap_or_default().or_base(c.rope_theta),
            RopeParameters::default().or_base(c.rope_local_base_freq),
        ),
    };
    let period = c.sliding_window_pattern.unwrap_or(PATTERN);
    Ok(Config {
        hidden: c.hidden_size,
        layers: c.num_hidden_layers,
        heads: c.num_attention_heads,
        kv_heads: c.num_key_value_heads,
        head_dim: c.head_dim,
        feed_forward: c.intermediate_size,
        vocab: c.vocab_size,
        output_vocab: c.output_vocab.unwrap_or(c.vocab_size),
        max_positions: c.max_position_embeddings,
        epsilon: c.rms_norm_eps,
        activation: activation(&c.hidden_activation)?,
        query_scale: c.query_pre_attn_scalar,
        scale_embedding: true,
        qkv_bias: c.attention_bias,
        output_bias: c.attention_bias,
        feed_forward_bias: false,
        qk_norm: true,
        post_norms: true,
        norm_plus_one: true,
        tied: c.tie_word_embeddings,
        rope: global.frequencies(c.head_dim, GLOBAL_BASE)?,
        local_rope: local_rope.frequencies(c.head_dim, LOCAL_BASE)?,
        window: c.sliding_window.unwrap_or(c.max_position_embeddings),
        local: local(
            c.num_hidden_layers,
            c.layer_types.as_deref(),
            pattern(period),
        )?,
        eos: eos(c.eos_token_id),
    })
}

/// Every `period`-th layer is global, the others local.
pub(super) fn pattern(period: usize) -> impl Fn(usize) -> bool {
    move |layer| period == 0 || !(layer + 1).is_multiple_of(period)
}
