"""The sizes of a Gemma 3 model with one key/value head, and its `config.json`."""

from dataclasses import dataclass
from typing import Any

PAD, EOS, BOS = 0, 1, 2
"""Token ids that every vocabulary of the family begins with."""

ROPE_LOCAL, ROPE_GLOBAL = 1e4, 1e6
"""Bases of the rotary frequencies in layers with a window, and in those that see everything."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a model. The defaults are Gemma 3 270M's."""

    vocabulary: int
    output: int
    """Only token ids below this are ever produced: they come first in the embedding."""
    width: int = 640
    layers: int = 18
    heads: int = 4
    head_width: int = 256
    inner: int = 2048
    """Width of the feed-forward network."""
    window: int = 512
    """How far back local layers see. No training sequence is longer, so training needs no window."""
    positions: int = 32_768
    epsilon: float = 1e-6

    def sees_all(self, layer: int) -> bool:
        """Whether a layer sees the whole sequence: every sixth one does."""
        return layer % 6 == 5

    def rope_base(self, layer: int) -> float:
        """The base of a layer's rotary frequencies."""
        return ROPE_GLOBAL if self.sees_all(layer) else ROPE_LOCAL

    def tensors(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all weights by name. The query, key and value matrices of a layer are one, so are gate and
        up; norm weights are factors (1 + w of Hugging Face's files)."""
        attention = self.heads * self.head_width
        layer = {
            "qkv": (attention + 2 * self.head_width, self.width),
            "output": (self.width, attention),
            "gate_up": (2 * self.inner, self.width),
            "down": (self.width, self.inner),
            "norm_attention": (self.width,),
            "norm_attended": (self.width,),
            "norm_feed": (self.width,),
            "norm_fed": (self.width,),
            "norm_query": (self.head_width,),
            "norm_key": (self.head_width,),
        }
        every = {"embedding": (self.vocabulary, self.width), "norm": (self.width,)}
        return every | {f"{i}.{name}": size for i in range(self.layers) for name, size in layer.items()}

    def config(self) -> dict[str, Any]:
        """The model's `config.json`, as transformers reads it, with `output_vocab` beside."""
        kinds = ["full_attention" if self.sees_all(i) else "sliding_attention" for i in range(self.layers)]
        return {
            "architectures": ["Gemma3ForCausalLM"],
            "model_type": "gemma3_text",
            "hidden_size": self.width,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": 1,
            "head_dim": self.head_width,
            "intermediate_size": self.inner,
            "rms_norm_eps": self.epsilon,
            "hidden_activation": "gelu_pytorch_tanh",
            "attention_bias": False,
            "attn_logit_softcapping": None,
            "final_logit_softcapping": None,
            "query_pre_attn_scalar": self.head_width,
            "rope_theta": ROPE_GLOBAL,
            "rope_local_base_freq": ROPE_LOCAL,
            "sliding_window": self.window,
            "sliding_window_pattern": 6,
            "max_position_embeddings": self.positions,
            "layer_types": kinds,
            "tie_word_embeddings": True,
            "pad_token_id": PAD,
            "eos_token_id": EOS,
            "bos_token_id": BOS,
            "vocab_size": self.vocabulary,
            "output_vocab": self.output,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Shape":
        """The sizes that a `config.json` states."""
        return cls(
            vocabulary=config["vocab_size"],
            output=config.get("output_vocab", config["vocab_size"]),
            width=config["hidden_size"],
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            head_width=config["head_dim"],
            inner=config["intermediate_size"],
            window=config["sliding_window"],
            positions=config["max_position_embeddings"],
            epsilon=config["rms_norm_eps"],
        )
