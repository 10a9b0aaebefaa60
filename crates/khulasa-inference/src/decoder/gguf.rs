//! A decoder's shape and vocabulary from GGUF metadata.

use candle_core::quantized::gguf_file::Value;

use super::config::{Config, LOCAL_BASE, PATTERN, Rope, pattern};
use crate::ops::Activation;
use crate::weights::Gguf;

/// The shape of the model in a GGUF file.
pub(crate) fn config(gguf: &Gguf) -> Result<Config, String> {
    let architecture = match gguf.value("general.architecture") {
        Some(Value::String(name)) => name.clone(),
        _ => return Err("there is no general.architecture".to_owned()),
    };
    if architecture != "gemma3" {
        return Err(format!(
            "architecture {architecture:?} is not supported: this version runs gemma3"
        ));
    }
    let key = |name: &str| format!("{architecture}.{name}");
    let find = |name: &str| gguf.value(&key(name));
    let number = |name: &str| -> Result<usize, String> {
        let value = find(name).ok_or_else(|| format!("the key {} is missing", key(name)))?;
        let value = value.to_u64().map_err(|e| format!("{}: {e}", key(name)))?;
        usize::try_from(value).map_err(|e| format!("{}: {e}", key(name)))
    };
    let real = |name: &str| find(name).and_then(|v| v.to_f32().ok()).map(f64::from);
    let id = |name: &str| {
        gguf.value(&format!("tokenizer.ggml.{name}"))
            .and_then(|v| v.to_u32().ok())
    };

    let vocab = match gguf.value("tokenizer.ggml.tokens") {
        Some(Value::Array(tokens)) => tokens.len(),
        _ => return Err("there is no vocabulary (tokenizer.ggml.tokens)".to_owned()),
    };
    let layers = number("block_count")?;
    if layers > 1 << 12 {
        return Err(format!("it claims {layers} layers"));
    }
    let heads = number("attention.head_count")?;
    let hidden = number("embedding_length")?;
    let head_dim = number("attention.key_length")?;
    // llama.cpp writes the local base, where it does, as freq_base_swa.
    let local_base =
        real("rope.freq_base_swa").or_else(|| match find("rope.freq_base_swa")?.to_u64() {
            Ok(base) => Some(base as f64),
            Err(_) => None,
        });
    Config {
        hidden,
        layers,
        heads,
        kv_heads: number("attention.head_count_kv")?,
        head_dim,
        feed_forward: number("feed_forward_length")?,
        vocab,
        output_vocab: match gguf.value("khulasa.output_vocab_size") {
            Some(size) => size
                .to_u32()
                .map_err(|e| format!("khulasa.output_vocab_size: {e}"))?
                as usize,
            None => vocab,
        },
        max_positions: number("context_length")?,
        epsilon: real("attention.layer_norm_rms_epsilon").unwrap_or(1e-6) as f32,
        activation: Activation::GeluTanh,
        // Of the published sizes only 27B scales its queries by something else than the head
        // dimension, and GGUF has no key for it.
        query_scale: if layers == 62 {
            hidden as f64 / heads.max(1) as f64
        } else {
            head_dim as f64
        },
        scale_embedding: true,
        qk_norm: true,
        post_norms: true,
        norm_plus_one: true,
        tied: true,
        rope: Rope {
            base: real("rope.freq_base").unwrap_or(1e6),
            stretch: real("rope.scaling.factor").unwrap_or(1.0),
        },
        local_rope: Rope {
            base: local_base.unwrap_or(LOCAL_BASE),
            stretch: 1.0,
        },
        window: number("attention.sliding_window")?,
        local: pattern(layers, PATTERN),
        eos: id("eos_token_id").into_iter().collect(),
    }
    .checked()
}
