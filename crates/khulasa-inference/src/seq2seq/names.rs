//! What files call the tensors.

use crate::weights::Weights;

/// A way of naming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// `transformers`' for Marian, BART, mBART, Pegasus, M2M100 and NLLB.
    Bart,
    /// `transformers`' for T5 and mT5, also in GGUF files that candle's tools made.
    T5,
    /// llama.cpp's for T5, in GGUF files.
    Gguf,
}

/// A side of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Encoder,
    Decoder,
}

/// What an attention looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Own,
    Source,
}

/// A product of an attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Projection {
    Query,
    Key,
    Value,
    Output,
}

/// A product of a feed-forward layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    Gate,
    Up,
    Down,
}

impl Side {
    fn long(self) -> &'static str {
        match self {
            Side::Encoder => "encoder",
            Side::Decoder => "decoder",
        }
    }

    fn short(self) -> &'static str {
        &self.long()[..3]
    }
}

impl Naming {
    /// What weights with a `config.json` of this `model_type` use.
    pub fn of(model_type: &str, weights: &dyn Weights) -> Self {
        if weights.has("token_embd.weight") {
            Naming::Gguf
        } else if matches!(model_type, "t5" | "mt5") {
            Naming::T5
        } else {
            Naming::Bart
        }
    }

    /// The embedding of a side, by falling preference.
    pub fn embeddings(self, side: Side, shared: bool) -> Vec<String> {
        let (prefix, common) = match self {
            Naming::Gguf => return vec!["token_embd.weight".to_owned()],
            Naming::Bart => ("model.", "model.shared.weight"),
            Naming::T5 => ("", "shared.weight"),
        };
        let own = |side: Side| format!("{prefix}{}.embed_tokens.weight", side.long());
        if shared {
            vec![common.to_owned(), own(Side::Encoder), own(Side::Decoder)]
        } else {
            vec![own(side)]
        }
    }

    /// The head, where it is not an embedding.
    pub fn head(self) -> &'static str {
        match self {
            Naming::Bart | Naming::T5 => "lm_head.weight",
            Naming::Gguf => "output.weight",
        }
    }

    /// The bias of the head.
    pub fn head_bias(self) -> &'static str {
        "final_logits_bias"
    }

    /// The table of learned positions.
    pub fn positions(self, side: Side) -> String {
        format!("model.{}.embed_positions.weight", side.long())
    }

    /// The norm behind the embedding.
    pub fn embedding_norm(self, side: Side) -> String {
        format!("model.{}.layernorm_embedding", side.long())
    }

    /// The norm behind the last layer.
    pub fn last_norm(self, side: Side) -> String {
        match self {
            Naming::Bart => format!("model.{}.layer_norm", side.long()),
            Naming::T5 => format!("{}.final_layer_norm", side.long()),
            Naming::Gguf => format!("{}.output_norm", side.short()),
        }
    }

    /// The biases of relative positions, which all layers of a side share.
    pub fn relative(self, side: Side) -> String {
        match self {
            Naming::Gguf => format!("{}.blk.0.attn_rel_b.weight", side.short()),
            _ => format!(
                "{}.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
                side.long()
            ),
        }
    }

    fn layer(self, side: Side, index: usize) -> String {
        match self {
            Naming::Bart => format!("model.{}.layers.{index}", side.long()),
            Naming::T5 => format!("{}.block.{index}.layer", side.long()),
            Naming::Gguf => format!("{}.blk.{index}", side.short()),
        }
    }

    /// A product of an attention.
    pub fn attention(
        self,
        side: Side,
        index: usize,
        target: Target,
        projection: Projection,
    ) -> String {
        let layer = self.layer(side, index);
        let letter = match projection {
            Projection::Query => "q",
            Projection::Key => "k",
            Projection::Value => "v",
            Projection::Output => "o",
        };
        match (self, target) {
            (Naming::Bart, _) => {
                let block = match target {
                    Target::Own => "self_attn",
                    Target::Source => "encoder_attn",
                };
                let part = match projection {
                    Projection::Output => "out_proj".to_owned(),
                    _ => format!("{letter}_proj"),
                };
                format!("{layer}.{block}.{part}.weight")
            }
            (Naming::T5, Target::Own) => format!("{layer}.0.SelfAttention.{letter}.weight"),
            (Naming::T5, Target::Source) => format!("{layer}.1.EncDecAttention.{letter}.weight"),
            (Naming::Gguf, Target::Own) => format!("{layer}.attn_{letter}.weight"),
            (Naming::Gguf, Target::Source) => format!("{layer}.cross_attn_{letter}.weight"),
        }
    }

    /// The norm of an attention.
    pub fn attention_norm(self, side: Side, index: usize, target: Target) -> String {
        let layer = self.layer(side, index);
        let part = match (self, target) {
            (Naming::Bart, Target::Own) => "self_attn_layer_norm",
            (Naming::Bart, Target::Source) => "encoder_attn_layer_norm",
            (Naming::T5, Target::Own) => "0.layer_norm",
            (Naming::T5, Target::Source) => "1.layer_norm",
            (Naming::Gguf, Target::Own) => "attn_norm",
            (Naming::Gguf, Target::Source) => "cross_attn_norm",
        };
        format!("{layer}.{part}")
    }

    /// Where a side's feed-forward layer stands in a block of T5.
    fn place(side: Side) -> usize {
        match side {
            Side::Encoder => 1,
            Side::Decoder => 2,
        }
    }

    /// A product of a feed-forward layer; without a gate [`Product::Up`] is the first.
    pub fn feed_forward(self, side: Side, index: usize, product: Product, gated: bool) -> String {
        let layer = self.layer(side, index);
        let part = match (self, product) {
            (Naming::Bart, Product::Down) => "fc2",
            (Naming::Bart, _) => "fc1",
            (Naming::T5, Product::Gate) => "DenseReluDense.wi_0",
            (Naming::T5, Product::Up) if gated => "DenseReluDense.wi_1",
            (Naming::T5, Product::Up) => "DenseReluDense.wi",
            (Naming::T5, Product::Down) => "DenseReluDense.wo",
            (Naming::Gguf, Product::Gate) => "ffn_gate",
            (Naming::Gguf, Product::Up) => "ffn_up",
            (Naming::Gguf, Product::Down) => "ffn_down",
        };
        match self {
            Naming::T5 => format!("{layer}.{}.{part}.weight", Self::place(side)),
            _ => format!("{layer}.{part}.weight"),
        }
    }

    /// The norm of a feed-forward layer.
    pub fn feed_forward_norm(self, side: Side, index: usize) -> String {
        let layer = self.layer(side, index);
        match self {
            Naming::Bart => format!("{layer}.final_layer_norm"),
            Naming::T5 => format!("{layer}.{}.layer_norm", Self::place(side)),
            Naming::Gguf => format!("{layer}.ffn_norm"),
        }
    }
}
