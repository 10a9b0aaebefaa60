"""Checkpoints: folders in Hugging Face's layout with `model.safetensors`, `config.json` and `tokenizer.json`."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from .errors import TrainingError
from .model import Weights
from .shape import Shape

NAMES = {
    "output": "self_attn.o_proj",
    "down": "mlp.down_proj",
    "norm_attention": "input_layernorm",
    "norm_attended": "post_attention_layernorm",
    "norm_feed": "pre_feedforward_layernorm",
    "norm_fed": "post_feedforward_layernorm",
    "norm_query": "self_attn.q_norm",
    "norm_key": "self_attn.k_norm",
}
FUSED = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
}


@dataclass
class Checkpoint:
    """A model's weights and how to read and write text with it."""

    shape: Shape
    weights: Weights
    tokenizer: str
    """The text of its `tokenizer.json`."""

    def load_tokenizer(self) -> Tokenizer:
        """The tokenizer, ready to use."""
        return Tokenizer.from_str(self.tokenizer)


def parts(shape: Shape, name: str) -> list[int]:
    """The rows that each part of a fused matrix has."""
    if name == "qkv":
        return [shape.heads * shape.head_width, shape.head_width, shape.head_width]
    return [shape.inner, shape.inner]


def load(folder: Path) -> Checkpoint:
    """Reads a checkpoint, its weights as float32."""
    try:
        config = json.loads((folder / "config.json").read_text())
        tokenizer = (folder / "tokenizer.json").read_text(encoding="utf-8")
        files = load_file(folder / "model.safetensors")
    except (OSError, ValueError) as error:
        raise TrainingError(f"{folder} is no checkpoint: {error}") from error
    shape = Shape.from_config(config)
    weights = {
        "embedding": files["model.embed_tokens.weight"],
        "norm": files["model.norm.weight"].float() + 1,
    }
    for i in range(shape.layers):
        of = f"model.layers.{i}."
        for name, theirs in NAMES.items():
            w = files[f"{of}{theirs}.weight"].float()
            weights[f"{i}.{name}"] = w + 1 if name.startswith("norm") else w
        for name, theirs in FUSED.items():
            weights[f"{i}.{name}"] = torch.cat([files[f"{of}{part}.weight"] for part in theirs])
    for name, size in shape.tensors().items():
        if tuple(weights[name].shape) != size:
            raise TrainingError(f"{folder}: {name} is {tuple(weights[name].shape)}; config.json says {size}")
    weights = {name: weights[name].float() for name in shape.tensors()}
    return Checkpoint(shape, weights, tokenizer)


def save(checkpoint: Checkpoint, folder: Path, dtype: torch.dtype = torch.bfloat16) -> None:
    """Writes a checkpoint; a folder that is there already is replaced when all is written."""
    shape, weights = checkpoint.shape, checkpoint.weights
    files = {"model.embed_tokens.weight": weights["embedding"], "model.norm.weight": weights["norm"] - 1}
    for i in range(shape.layers):
        of = f"model.layers.{i}."
        for name, theirs in NAMES.items():
            w = weights[f"{i}.{name}"]
            files[f"{of}{theirs}.weight"] = w - 1 if name.startswith("norm") else w
        for name, theirs in FUSED.items():
            pieces = weights[f"{i}.{name}"].split(parts(shape, name))
            files |= {f"{of}{part}.weight": w for part, w in zip(theirs, pieces, strict=True)}
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    files = {name: w.detach().to("cpu", dtype).clone().contiguous() for name, w in files.items()}
    save_file(files, new / "model.safetensors", metadata={"format": "pt"})
    config = shape.config() | {"dtype": str(dtype).removeprefix("torch.")}
    (new / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    (new / "tokenizer.json").write_text(checkpoint.tokenizer, encoding="utf-8")
    replace(new, folder)


def replace(new: Path, folder: Path) -> None:
    """Puts the folder `new` in the place of another, which is removed only then."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
