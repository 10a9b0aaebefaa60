"""GGUF files of a model: reading one (or its shards), and writing one in as many shards as its size asks for."""

from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, dequantize

from .checkpoint import FUSED, parts
from .errors import TrainingError
from .model import Weights
from .quantize import FILE_TYPES, quantize
from .shape import BOS, EOS, PAD, ROPE_GLOBAL, ROPE_LOCAL, Shape
from .vocabulary import UNK, Vocabulary

SHARD_LIMIT = 100_000_000
"""Bytes that no file may have: forges refuse larger ones."""

NAMES = {
    "output": "attn_output",
    "down": "ffn_down",
    "norm_attention": "attn_norm",
    "norm_attended": "post_attention_norm",
    "norm_feed": "ffn_norm",
    "norm_fed": "post_ffw_norm",
    "norm_query": "attn_q_norm",
    "norm_key": "attn_k_norm",
}
PARTS = {"qkv": ("attn_q", "attn_k", "attn_v"), "gate_up": ("ffn_gate", "ffn_up")}
assert PARTS.keys() == FUSED.keys()


def read(path: Path) -> tuple[Shape, Weights, Vocabulary]:
    """A Gemma 3 model from a GGUF file or the first of its shards, dequantised to float32."""
    first = GGUFReader(path)
    meta = {key: field.contents() for key, field in first.fields.items()}
    if meta["general.architecture"] != "gemma3" or meta["gemma3.attention.head_count_kv"] != 1:
        raise TrainingError(f"{path} is no Gemma 3 with one key/value head")
    count = meta.get("split.count", 1)
    names = [str(path).replace("-00001-of-", f"-{i:05}-of-") for i in range(2, count + 1)]
    tensors = {t.name: t for reader in [first, *map(GGUFReader, names)] for t in reader.tensors}

    def tensor(name: str) -> torch.Tensor:
        t = tensors[f"{name}.weight"]
        return torch.from_numpy(np.array(dequantize(t.data, t.tensor_type)))

    tokens = meta["tokenizer.ggml.tokens"]
    shape = Shape(
        vocabulary=len(tokens),
        output=meta.get("khulasa.output_vocab_size", len(tokens)),
        width=meta["gemma3.embedding_length"],
        layers=meta["gemma3.block_count"],
        heads=meta["gemma3.attention.head_count"],
        head_width=meta["gemma3.attention.key_length"],
        inner=meta["gemma3.feed_forward_length"],
        window=meta["gemma3.attention.sliding_window"],
        positions=meta["gemma3.context_length"],
        epsilon=float(f"{meta['gemma3.attention.layer_norm_rms_epsilon']:.6g}"),  # a float32
    )
    weights = {"embedding": tensor("token_embd"), "norm": tensor("output_norm")}
    for i in range(shape.layers):
        weights |= {f"{i}.{ours}": tensor(f"blk.{i}.{theirs}") for ours, theirs in NAMES.items()}
        for ours, theirs in PARTS.items():
            weights[f"{i}.{ours}"] = torch.cat([tensor(f"blk.{i}.{part}") for part in theirs])
    return (
        shape,
        {name: weights[name] for name in shape.tensors()},
        Vocabulary(tokens, meta["tokenizer.ggml.token_type"]),
    )


def metadata(writer: GGUFWriter, name: str, shape: Shape, words: Vocabulary) -> None:
    """Sets all that khulasa and llama.cpp want to know."""
    writer.add_name(name)
    writer.add_license("gemma")
    writer.add_languages(["ar", "en"])
    writer.add_context_length(shape.positions)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(1)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_freq_base(ROPE_GLOBAL)
    # llama.cpp takes no integer here.
    writer.add_float32("gemma3.rope.freq_base_swa", ROPE_LOCAL)
    writer.add_sliding_window(shape.window)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_uint32("khulasa.output_vocab_size", shape.output)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(words.tokens)
    writer.add_token_scores([-float(i) for i in range(len(words.tokens))])
    writer.add_token_types(words.kinds)
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(EOS)
    writer.add_pad_token_id(PAD)
    writer.add_unk_token_id(words.tokens.index(UNK))
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)


def unfused(weights: Weights, shape: Shape) -> Weights:
    """Weights under GGUF's names, each matrix by itself."""
    out = {"token_embd.weight": weights["embedding"], "output_norm.weight": weights["norm"]}
    for i in range(shape.layers):
        for ours, theirs in PARTS.items():
            pieces = weights[f"{i}.{ours}"].split(parts(shape, ours))
            out |= {f"blk.{i}.{part}.weight": w for part, w in zip(theirs, pieces, strict=True)}
        out |= {f"blk.{i}.{theirs}.weight": weights[f"{i}.{ours}"] for ours, theirs in NAMES.items()}
    return out


def write(
    stem: Path, name: str, shape: Shape, weights: Weights, words: Vocabulary, types: dict[str, str]
) -> list[Path]:
    """Writes `STEM.gguf`, or `STEM-00001-of-00002.gguf` and so on, so that each is below `SHARD_LIMIT`. `types` names a
    quantisation for a kind of tensor (`token_embd`, `attn_q`, …), `default` for all others; vectors stay float32.
    Returns the files."""
    blocks: list[tuple[str, np.ndarray, GGMLQuantizationType]] = []
    for tensor, w in unfused(weights, shape).items():
        kind = types.get(tensor.split(".")[-2], types["default"]) if w.ndim > 1 else "F32"
        blocks.append((tensor, quantize(w, kind), GGMLQuantizationType[kind]))
    total = sum(data.nbytes for _, data, _ in blocks)
    overhead = sum(len(t.encode()) + 16 for t in words.tokens) + (1 << 16)  # the vocabulary, in the first file
    count = -(-(total + overhead) // SHARD_LIMIT)
    files = [stem.with_name(f"{stem.name}-{i + 1:05}-of-{count:05}.gguf") for i in range(count)]
    files = files if count > 1 else [stem.with_name(f"{stem.name}.gguf")]
    writers = [GGUFWriter(file, "gemma3") for file in files]
    metadata(writers[0], name, shape, words)
    writers[0].add_file_type(FILE_TYPES[types["default"]])
    for number, writer in enumerate(writers) if count > 1 else ():
        writer.add_uint16("split.no", number)
        writer.add_uint16("split.count", count)
        writer.add_int32("split.tensors.count", len(blocks))
    done = overhead
    for tensor, data, kind in blocks:
        middle = done + data.nbytes / 2
        writers[min(int(middle * count / (total + overhead)), count - 1)].add_tensor(tensor, data, raw_dtype=kind)
        done += data.nbytes
    for writer in writers:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    if large := [f for f in files if f.stat().st_size >= SHARD_LIMIT]:
        raise TrainingError(f"{large[0]} has {large[0].stat().st_size} bytes, more than {SHARD_LIMIT}")
    return files
