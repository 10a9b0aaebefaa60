"""Quantises the matrices of a GGUF file into GGML's block formats of 32 weights.

    python models/quantize.py IN.gguf OUT.gguf token_embd=Q8_0 ffn_down=Q5_1 default=Q5_0

Of a split file, name the first shard; the output is one file. The arguments after the files name a type for a kind of tensor (`token_embd`, `attn_q`, `ffn_down`, …) or for all the
others (`default`). Vectors (norms) stay float32, and all metadata is kept.

The formats fix only how a block is read: x = d·q, or d·q + m for the `_1` types. ggml's reference quantiser derives d
from the block's extreme value; this one tries some scales around it, gives each its least-squares d (and m) for the
rounded q, and keeps what has the smallest squared error.
"""

import sys

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFValueType, GGUFWriter

from reference import metadata, shards, tensors

BLOCK = 32
BITS = {"Q4_0": 4, "Q4_1": 4, "Q5_0": 5, "Q5_1": 5, "Q8_0": 8}
FILE_TYPES = {"Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9}  # llama.cpp's general.file_type
# Scales tried: multiples of the one that maps the block's extreme value onto the last step.
TRIED = torch.linspace(0.70, 1.15, 19)


def half(x):
    """Rounds to what a float16 can hold: scales and offsets are stored so."""
    return x.half().float()


def encode(x, kind):
    """Quantises blocks x (n, 32). Returns the integers q as stored (from 0), the scale d and the offset m (n, 1) of
    x ≈ d·q + m; for the types without a stored offset m is a multiple of d."""
    steps = 2 ** BITS[kind] - 1
    best = None
    for start_d, start_m in starts(x, kind, steps):
        inverse = torch.where(start_d == 0, 0, 1 / start_d)
        q = ((x - start_m) * inverse).round_().clamp_(0, steps)
        d, m = fit(x, q, kind, steps)
        error = (d * q + m - x).square_().sum(1, keepdim=True)
        if best is None:
            best = [q, d, m, error]
            continue
        better = error < best[3]
        for kept, new in zip(best, (q, d, m, error)):
            torch.where(better, new, kept, out=kept)
    return best[0].to(torch.uint8), best[1], best[2]


def starts(x, kind, steps):
    """The scales and offsets to try for blocks x, before any rounding."""
    if kind == "Q8_0":  # symmetric, −127 … 127
        d = x.abs().amax(1, keepdim=True) / 127
        yield d, -128 * d
    elif kind.endswith("_0"):  # one-sided: −16 … 15 (or −8 … 7) times a d of either sign
        low = (steps + 1) // 2
        extreme = x.gather(1, x.abs().argmax(1, keepdim=True))
        for factor in TRIED:
            for sign in (-1, 1):
                d = sign * extreme / low * factor
                yield d, -low * d
    else:
        low, high = x.amin(1, keepdim=True), x.amax(1, keepdim=True)
        for factor in TRIED:
            d = (high - low) / steps * factor
            yield d, (low + high - steps * d) / 2


def fit(x, q, kind, steps):
    """The d and m of least squared error for given integers, as float16 can hold them."""
    if kind == "Q8_0":
        d = half(x.abs().amax(1, keepdim=True) / 127)
        return d, -128 * d
    if kind.endswith("_0"):
        low = (steps + 1) // 2
        signed = q - low
        norm = signed.square().sum(1, keepdim=True)
        d = half(torch.where(norm == 0, 0, (x * signed).sum(1, keepdim=True) / norm))
        return d, -low * d
    mean_q, mean_x = q.mean(1, keepdim=True), x.mean(1, keepdim=True)
    spread = (q - mean_q).square().sum(1, keepdim=True)
    d = half(torch.where(spread == 0, 0, ((q - mean_q) * x).sum(1, keepdim=True) / spread))
    return d, half(mean_x - d * mean_q)


def encode_matrix(x, kind):
    """`encode` for a whole matrix, a slice at a time."""
    parts = [encode(part, kind) for part in x.reshape(-1, BLOCK).float().split(1 << 16)]
    return tuple(torch.cat(column) for column in zip(*parts))


def pack(kind, q, d, m):
    """The bytes of GGML's blocks."""
    q, d, m = q.numpy(), d.half().numpy().view(np.uint8), m.half().numpy().view(np.uint8)
    if kind == "Q8_0":
        return np.concatenate([d, q - np.uint8(128)], 1)
    scale = [d, m] if kind.endswith("_1") else [d]
    nibbles = (q[:, :16] & 15) | (q[:, 16:] << 4)
    if BITS[kind] == 4:
        return np.concatenate([*scale, nibbles], 1)
    fifth = np.packbits(q >> 4, axis=1, bitorder="little")
    return np.concatenate([*scale, fifth, nibbles], 1)


def kind_of(name, types):
    """The quantisation type for the tensor `name`."""
    return types.get(name.split(".")[-2], types["default"])


def copy_metadata(reader, writer):
    """Copies every key but those that the writer sets itself or that speak of shards."""
    for field in reader.fields.values():
        if field.name.startswith(("GGUF.", "split.")) or field.name in ("general.architecture", "general.file_type"):
            continue
        sub = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=sub)


def main(source, target, types):
    """Writes `target`: the GGUF file `source` with its matrices in the given types."""
    readers = shards(source)
    writer = GGUFWriter(target, metadata(readers[0])["general.architecture"])
    copy_metadata(readers[0], writer)
    writer.add_file_type(FILE_TYPES[types["default"]])
    for name, x in tensors(readers).items():
        if x.ndim == 1:
            writer.add_tensor(name, x.numpy())
            continue
        kind = kind_of(name, types)
        blocks = pack(kind, *encode_matrix(x, kind)).reshape(x.shape[0], -1)
        writer.add_tensor(name, blocks, raw_dtype=GGMLQuantizationType[kind])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    if len(sys.argv) < 4 or not any(a.startswith("default=") for a in sys.argv[3:]):
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], dict(a.split("=") for a in sys.argv[3:]))
