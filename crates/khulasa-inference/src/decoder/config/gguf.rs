//! A model's shape from GGUF metadata, under the keys of llama.cpp.

use candle_core::quantized::gguf_file::Value;

use super::rope::frequencies;
use super::{Config, gemma3, llama, local};
use crate::ops::Activation;
use crate::weights::{Gguf, Keys, Weights};

/// Reads the shape of the model in a GGUF file.
pub(super) fn read(gguf: &Gguf) -> Result<Config, String> {
    let architecture = match gguf.value("general.architecture") {
        Some(Value::String(name)) => name.as_str(),
        _ => return Err("there is no general.architecture".to_owned()),
    };
    if !["gemma3", "llama", "qwen2", "qwen3"].contains(&architecture) {
        return Err(format!(
            "architecture {architecture:?} is not supported: this version runs gemma3, glm4, lfm2, \
             llama, qwen2, qwen3 and t5"
        ));
    }
    let gemma3 = architecture == "gemma3";
    let keys = Keys { gguf, architecture };
    if keys
        .number("expert_count")?
        .is_some_and(|experts| experts > 0)
    {
        return Err("a mixture of experts is not supported".to_owned());
    }
    let vocab = match gguf.value("tokenizer.ggml.tokens") {
        Some(Value::Array(tokens)) => tokens.len(),
        _ => return Err("there is no vocabulary (tokenizer.ggml.tokens)".to_owned()),
    };
    let layers = keys.needed("block_count")?;
    let heads = keys.needed("attention.head_count")?;
    let hidden = keys.needed("embedding_length")?;
    let head_dim = match keys.number("attention.key_length")? {
        Some(dim) => dim,
        None => hidden / heads.max(1),
    };
    if keys
        .number("rope.dimension_count")?
        .is_some_and(|dim| dim != head_dim)
    {
        return Err("a rotary embedding of a part of the head is not supported".to_owned());
    }
    let max_positions = keys.needed("context_length")?;
    let (rope, local_rope) = rope(&keys, head_dim)?;
    let period = if gemma3 { gemma3::PATTERN } else { 1 };
    let bias = |part: &str| gguf.has(&format!("blk.0.{part}.bias"));
    Ok(Config {
        hidden,
        layers,
        heads,
        kv_heads: keys.number("attention.head_count_kv")?.unwrap_or(heads),
        head_dim,
        feed_forward: keys.needed("feed_forward_length")?,
        vocab,
        output_vocab: match gguf.value("khulasa.output_vocab_size") {
            Some(size) => size
                .to_u32()
                .map_err(|e| format!("khulasa.output_vocab_size: {e}"))?
                as usize,
            None => vocab,
        },
        max_positions,
        epsilon: keys
            .real("attention.layer_norm_rms_epsilon")?
            .unwrap_or(1e-6) as f32,
        activation: if gemma3 {
            Activation::GeluTanh
        } else {
            Activation::Silu
        },
        // Of Gemma 3's published sizes only 27B scales its queries by something else than the
        // head dimension, and GGUF has no key for it.
        query_scale: if gemma3 && layers == 62 {
            hidden as f64 / heads.max(1) as f64
        } else {
            head_dim as f64
        },
        scale_embedding: gemma3,
        qkv_bias: bias("attn_q"),
        output_bias: bias("attn_output"),
        feed_forward_bias: bias("ffn_down"),
        qk_norm: gguf.has("blk.0.attn_q_norm.weight"),
        post_norms: gemma3,
        norm_plus_one: gemma3,
        tied: !gguf.has("output.weight"),
        rope,
        local_rope,
        window: if gemma3 {
            keys.needed("attention.sliding_window")?
        } else {
            max_positions
        },
        local: local(layers, None, gemma3::pattern(period))?,
        eos: ends(gguf),
    })
}

/// Tokens that end an output in some family, though a file names but one of its own: llama.cpp
/// too knows them by their text.
const ENDS: [&str; 6] = [
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<end_of_turn>",
];

/// The tokens that end an output: those that the file names, then those known by their text.
pub(crate) fn ends(gguf: &Gguf) -> Vec<u32> {
    let value = |name: &str| gguf.value(&format!("tokenizer.ggml.{name}"));
    let named = ["eos_token_id", "eot_token_id", "eom_token_id"].into_iter();
    let mut ends: Vec<u32> = named
        .filter_map(|name| value(name)?.to_u32().ok())
        .collect();
    if let Some(Value::Array(tokens)) = value("tokens") {
        let known = |token: &Value| matches!(token, Value::String(t) if ENDS.contains(&&**t));
        ends.extend(
            (0..)
                .zip(tokens)
                .filter(|(_, t)| known(t))
                .map(|(id, _)| id),
        );
    }
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// The frequencies of global and of local layers.
fn rope(keys: &Keys<'_>, dim: usize) -> Result<(Vec<f32>, Vec<f32>), String> {
    let gemma3 = keys.architecture == "gemma3";
    let factor = match keys.find("rope.scaling.type") {
        Some(Value::String(kind)) if kind == "none" => 1.0,
        Some(Value::String(kind)) if kind != "linear" => {
            return Err(format!("rope scaling {kind:?} is not supported"));
        }
        _ => keys.real("rope.scaling.factor")?.unwrap_or(1.0),
    };
    let base = if gemma3 {
        gemma3::GLOBAL_BASE
    } else {
        llama::BASE
    };
    let base = keys.real("rope.freq_base")?.unwrap_or(base);
    let mut global = frequencies(dim, base, |f| f / factor)?;
    // Llama 3's stretch, one divisor for each frequency.
    if keys.gguf.has("rope_freqs.weight") {
        let divisors = keys
            .gguf
            .read("rope_freqs.weight", &[dim / 2])
            .and_then(|t| Ok(t.to_vec1::<f32>()?))
            .map_err(|e| e.to_string())?;
        for (f, divisor) in global.iter_mut().zip(divisors) {
            *f /= divisor;
        }
    }
    let local = if gemma3 {
        let base = keys.real("rope.freq_base_swa")?;
        frequencies(dim, base.unwrap_or(gemma3::LOCAL_BASE), |f| f)?
    } else {
        global.clone()
    };
    Ok((global, local))
}
