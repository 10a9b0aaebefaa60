//! A decoder-only model's shape, from a `config.json` or from GGUF metadata.

use serde::Deserialize;

use crate::ops::Activation;

/// The shape of a decoder-only model.
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
    /// Queries and keys are normalised per head.
    pub qk_norm: bool,
    /// The attention's and the feed-forward's outputs are normalised before they are added.
    pub post_norms: bool,
    /// Norm weights in safetensors are stored as w, used as 1 + w.
    pub norm_plus_one: bool,
    /// The output head is the embedding.
    pub tied: bool,
    pub rope: Rope,
    pub local_rope: Rope,
    /// Local layers see this many last positions.
    pub window: usize,
    /// Whether each layer is local.
    pub local: Vec<bool>,
    pub eos: Vec<u32>,
}

/// Rotary embedding: angles are `position × base^(−2i/dim) ÷ stretch`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rope {
    pub base: f64,
    pub stretch: f64,
}

/// `config.json` of `gemma3_text`, in the forms of transformers 4 and 5.
#[derive(Debug, Deserialize)]
struct Gemma3 {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: usize,
    head_dim: usize,
    intermediate_size: usize,
    vocab_size: usize,
    output_vocab: Option<usize>,
    max_position_embeddings: usize,
    #[serde(default = "Gemma3::epsilon")]
    rms_norm_eps: f32,
    #[serde(default = "Gemma3::activation")]
    hidden_activation: String,
    query_pre_attn_scalar: f64,
    #[serde(default)]
    attention_bias: bool,
    attn_logit_softcapping: Option<f64>,
    final_logit_softcapping: Option<f64>,
    sliding_window: Option<usize>,
    #[serde(alias = "_sliding_window_pattern")]
    sliding_window_pattern: Option<usize>,
    layer_types: Option<Vec<String>>,
    rope_theta: Option<f64>,
    rope_local_base_freq: Option<f64>,
    rope_scaling: Option<RopeParameters>,
    rope_parameters: Option<ByLayerType>,
    eos_token_id: Option<OneOrMany>,
    #[serde(default = "Gemma3::tied")]
    tie_word_embeddings: bool,
}

#[derive(Debug, Deserialize)]
struct ByLayerType {
    full_attention: RopeParameters,
    sliding_attention: RopeParameters,
}

#[derive(Debug, Deserialize)]
struct RopeParameters {
    rope_theta: Option<f64>,
    rope_type: Option<String>,
    factor: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(u32),
    Many(Vec<u32>),
}

impl Gemma3 {
    fn epsilon() -> f32 {
        1e-6
    }

    fn activation() -> String {
        "gelu_pytorch_tanh".to_owned()
    }

    fn tied() -> bool {
        true
    }
}

/// Global layers' base where a config says nothing.
const GLOBAL_BASE: f64 = 1e6;
/// Local layers' base where a config says nothing; GGUF files have no key for it in older forms.
pub(crate) const LOCAL_BASE: f64 = 1e4;
/// One layer in this many is global in Gemma 3.
pub(crate) const PATTERN: usize = 6;

impl RopeParameters {
    fn rope(&self, base: f64) -> Result<Rope, String> {
        let stretch = match self.rope_type.as_deref() {
            None | Some("default") => 1.0,
            Some("linear") => self.factor.unwrap_or(1.0),
            Some(other) => return Err(format!("rope type {other:?} is not supported")),
        };
        Ok(Rope {
            base: self.rope_theta.unwrap_or(base),
            stretch,
        })
    }
}

impl Config {
    /// Reads a `config.json`.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Kind {
            model_type: Option<String>,
        }
        let kind: Kind = serde_json::from_slice(json).map_err(|e| e.to_string())?;
        match kind.model_type.as_deref() {
            Some("gemma3_text") => {}
            Some(other) => {
                return Err(format!(
                    "model_type {other:?} is not supported: this version runs gemma3_text"
                ));
            }
            None => return Err("there is no model_type".to_owned()),
        }
        let c: Gemma3 = serde_json::from_slice(json).map_err(|e| e.to_string())?;
        if c.attention_bias
            || c.attn_logit_softcapping.is_some()
            || c.final_logit_softcapping.is_some()
        {
            return Err("attention bias and soft-capped logits are not supported".to_owned());
        }
        let activation = match c.hidden_activation.as_str() {
            "gelu_pytorch_tanh" => Activation::GeluTanh,
            "silu" => Activation::Silu,
            other => return Err(format!("hidden_activation {other:?} is not supported")),
        };
        let (rope, local_rope) = match &c.rope_parameters {
            Some(p) => (
                p.full_attention.rope(GLOBAL_BASE)?,
                p.sliding_attention.rope(LOCAL_BASE)?,
            ),
            None => {
                let base = c.rope_theta.unwrap_or(GLOBAL_BASE);
                let global = match &c.rope_scaling {
                    Some(scaling) => scaling.rope(base)?,
                    None => Rope { base, stretch: 1.0 },
                };
                let base = c.rope_local_base_freq.unwrap_or(LOCAL_BASE);
                (global, Rope { base, stretch: 1.0 })
            }
        };
        if c.num_hidden_layers > 1 << 12 {
            return Err(format!("the number of layers is {}", c.num_hidden_layers));
        }
        let local = match &c.layer_types {
            Some(types) => types.iter().map(|t| t == "sliding_attention").collect(),
            None => pattern(
                c.num_hidden_layers,
                c.sliding_window_pattern.unwrap_or(PATTERN),
            ),
        };
        Self {
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
            activation,
            query_scale: c.query_pre_attn_scalar,
            scale_embedding: true,
            qk_norm: true,
            post_norms: true,
            norm_plus_one: true,
            tied: c.tie_word_embeddings,
            rope,
            local_rope,
            window: c.sliding_window.unwrap_or(c.max_position_embeddings),
            local,
            eos: match c.eos_token_id {
                None => Vec::new(),
                Some(OneOrMany::One(id)) => vec![id],
                Some(OneOrMany::Many(ids)) => ids,
            },
        }
        .checked()
    }

    /// Refuses shapes that mean nothing.
    pub fn checked(self) -> Result<Self, String> {
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
        if !self.head_dim.is_multiple_of(2) {
            return Err(format!("the head dimension {} is odd", self.head_dim));
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
        let positive = |x: f64| x.is_finite() && x > 0.0;
        if ![
            self.query_scale,
            self.rope.base,
            self.rope.stretch,
            self.local_rope.base,
            self.local_rope.stretch,
        ]
        .into_iter()
        .all(positive)
        {
            return Err("a scale or rope base is not a positive number".to_owned());
        }
        Ok(self)
    }
}

/// Every `period`-th layer is global, the others local.
pub(crate) fn pattern(layers: usize, period: usize) -> Vec<bool> {
    (1..=layers)
        .map(|layer| period == 0 || !layer.is_multiple_of(period))
        .collect()
}
