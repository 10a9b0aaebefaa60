//! What the parts of a decoder are called in files.

/// Whose names a file uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// GGUF's.
    Gguf,
    /// Hugging Face's, as in safetensors of `…ForCausalLM`.
    HuggingFace,
}

/// A part of a layer: its name in GGUF and in Hugging Face's files.
pub(crate) type Part = (&'static str, &'static str);

pub(crate) const INPUT_NORM: Part = ("attn_norm", "input_layernorm");
pub(crate) const Q: Part = ("attn_q", "self_attn.q_proj");
pub(crate) const K: Part = ("attn_k", "self_attn.k_proj");
pub(crate) const V: Part = ("attn_v", "self_attn.v_proj");
pub(crate) const Q_NORM: Part = ("attn_q_norm", "self_attn.q_norm");
pub(crate) const K_NORM: Part = ("attn_k_norm", "self_attn.k_norm");
pub(crate) const OUTPUT: Part = ("attn_output", "self_attn.o_proj");
pub(crate) const POST_ATTENTION_NORM: Part = ("post_attention_norm", "post_attention_layernorm");
pub(crate) const FEED_FORWARD_NORM: Part = ("ffn_norm", "pre_feedforward_layernorm");
pub(crate) const GATE: Part = ("ffn_gate", "mlp.gate_proj");
pub(crate) const UP: Part = ("ffn_up", "mlp.up_proj");
pub(crate) const DOWN: Part = ("ffn_down", "mlp.down_proj");
pub(crate) const POST_FEED_FORWARD_NORM: Part = ("post_ffw_norm", "post_feedforward_layernorm");

impl Naming {
    pub fn embedding(self) -> &'static str {
        match self {
            Naming::Gguf => "token_embd.weight",
            Naming::HuggingFace => "model.embed_tokens.weight",
        }
    }

    pub fn output_norm(self) -> &'static str {
        match self {
            Naming::Gguf => "output_norm.weight",
            Naming::HuggingFace => "model.norm.weight",
        }
    }

    pub fn head(self) -> &'static str {
        match self {
            Naming::Gguf => "output.weight",
            Naming::HuggingFace => "lm_head.weight",
        }
    }

    pub fn layer(self, layer: usize, part: Part) -> String {
        match self {
            Naming::Gguf => format!("blk.{layer}.{}.weight", part.0),
            Naming::HuggingFace => format!("model.layers.{layer}.{}.weight", part.1),
        }
    }
}
