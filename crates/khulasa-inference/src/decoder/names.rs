//! What the parts of a decoder are called in files.

use crate::weights::Weights;

/// The embedding in Hugging Face's files.
const EMBEDDING: &str = "embed_tokens.weight";

/// Whose names a file uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// GGUF's.
    Gguf,
    /// Hugging Face's: the names of the layers' parts begin with `body`, the output head's with
    /// `head`.
    HuggingFace {
        body: &'static str,
        head: &'static str,
    },
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
/// In models without post norms, `post_attention_layernorm` is the norm before the feed-forward.
pub(crate) const FEED_FORWARD_NORM: Part = ("ffn_norm", "post_attention_layernorm");
pub(crate) const PRE_FEED_FORWARD_NORM: Part = ("ffn_norm", "pre_feedforward_layernorm");
pub(crate) const GATE: Part = ("ffn_gate", "mlp.gate_proj");
pub(crate) const UP: Part = ("ffn_up", "mlp.up_proj");
pub(crate) const DOWN: Part = ("ffn_down", "mlp.down_proj");
pub(crate) const POST_FEED_FORWARD_NORM: Part = ("post_ffw_norm", "post_feedforward_layernorm");

impl Naming {
    /// How the tensors in a folder are named: as in `…ForCausalLM`, or as the language model of a
    /// multimodal one, before and since transformers 4.52.
    pub fn of_folder(weights: &dyn Weights) -> Self {
        const KNOWN: [(&str, &str); 3] = [
            ("model.", ""),
            ("language_model.model.", "language_model."),
            ("model.language_model.", ""),
        ];
        let (body, head) = KNOWN
            .into_iter()
            .find(|(body, _)| weights.has(&format!("{body}{EMBEDDING}")))
            .unwrap_or(KNOWN[0]);
        Naming::HuggingFace { body, head }
    }

    pub fn embedding(self) -> String {
        match self {
            Naming::Gguf => "token_embd.weight".to_owned(),
            Naming::HuggingFace { body, .. } => format!("{body}{EMBEDDING}"),
        }
    }

    pub fn output_norm(self) -> String {
        match self {
            Naming::Gguf => "output_norm.weight".to_owned(),
            Naming::HuggingFace { body, .. } => format!("{body}norm.weight"),
        }
    }

    pub fn head(self) -> String {
        match self {
            Naming::Gguf => "output.weight".to_owned(),
            Naming::HuggingFace { head, .. } => format!("{head}lm_head.weight"),
        }
    }

    pub fn layer(self, layer: usize, part: Part) -> String {
        match self {
            Naming::Gguf => format!("blk.{layer}.{}.weight", part.0),
            Naming::HuggingFace { body, .. } => format!("{body}layers.{layer}.{}.weight", part.1),
        }
    }
}
