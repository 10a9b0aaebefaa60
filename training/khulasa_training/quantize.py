"""Quantises matrices into GGML's block formats of 32 weights.

The formats fix only how a block is read: x = d·q, or d·q + m for the `_1` types. ggml's reference quantiser derives d
from the block's extreme value; this one tries some scales around it, gives each its least-squares d (and m) for the
rounded q, and keeps what has the smallest squared error.
"""

from collections.abc import Iterator

import numpy as np
import torch
from gguf import GGMLQuantizationType, quants
from torch import Tensor

BLOCK = 32
BITS = {"Q4_0": 4, "Q4_1": 4, "Q5_0": 5, "Q5_1": 5, "Q8_0": 8}
FILE_TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "BF16": 32}
"""llama.cpp's `general.file_type` by the type of most matrices."""

TRIED = torch.linspace(0.70, 1.15, 19)
"""Scales tried: multiples of the one that maps the block's extreme value onto the last step."""


def quantize(x: Tensor, kind: str) -> np.ndarray:
    """A tensor in the given type, as GGUF stores it: rows of bytes, or of floats for F32."""
    x = x.detach().float()
    if kind not in BITS:
        return quants.quantize(x.numpy(), GGMLQuantizationType[kind])
    slices = [encode(part, kind) for part in x.reshape(-1, BLOCK).split(1 << 16)]
    q, d, m = (torch.cat(column) for column in zip(*slices, strict=True))
    return pack(kind, q, d, m).reshape(x.shape[0], -1)


def half(x: Tensor) -> Tensor:
    """Rounds to what a float16 can hold: scales and offsets are stored so."""
    return x.half().float()


def encode(x: Tensor, kind: str) -> tuple[Tensor, Tensor, Tensor]:
    """Quantises blocks x (n, 32). Returns the integers q as stored (from 0), the scale d and the offset m (n, 1) of
    x ≈ d·q + m; for the types without a stored offset m is a multiple of d."""
    steps = 2 ** BITS[kind] - 1
    best: list[Tensor] = []
    for start_d, start_m in starts(x, kind, steps):
        inverse = torch.where(start_d == 0, 0, 1 / start_d)
        q = ((x - start_m) * inverse).round_().clamp_(0, steps)
        d, m = fit(x, q, kind, steps)
        error = (d * q + m - x).square_().sum(1, keepdim=True)
        if not best:
            best = [q, d, m, error]
            continue
        better = error < best[3]
        for kept, new in zip(best, (q, d, m, error), strict=True):
            torch.where(better, new, kept, out=kept)
    return best[0].to(torch.uint8), best[1], best[2]


def starts(x: Tensor, kind: str, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
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


def fit(x: Tensor, q: Tensor, kind: str, steps: int) -> tuple[Tensor, Tensor]:
    """The d and m of least squared error for given integers, as float16 can hold them."""
    if kind == "Q8_0":
        d = half(x.abs().amax(1, keepdim=True) / 127)
        return d, -128 * d
    if kind.endswith("_0"):
        low = (steps + 1) // 2
        signed = q - low
        squares = signed.square().sum(1, keepdim=True)
        d = half(torch.where(squares == 0, 0, (x * signed).sum(1, keepdim=True) / squares))
        return d, -low * d
    mean_q, mean_x = q.mean(1, keepdim=True), x.mean(1, keepdim=True)
    spread = (q - mean_q).square().sum(1, keepdim=True)
    d = half(torch.where(spread == 0, 0, ((q - mean_q) * x).sum(1, keepdim=True) / spread))
    return d, half(mean_x - d * mean_q)


def pack(kind: str, q: Tensor, d: Tensor, m: Tensor) -> np.ndarray:
    """The bytes of GGML's blocks."""
    integers, scale, offset = q.numpy(), d.half().numpy().view(np.uint8), m.half().numpy().view(np.uint8)
    if kind == "Q8_0":
        return np.concatenate([scale, integers - np.uint8(128)], 1)
    head = [scale, offset] if kind.endswith("_1") else [scale]
    nibbles = (integers[:, :16] & 15) | (integers[:, 16:] << 4)
    if BITS[kind] == 4:
        return np.concatenate([*head, nibbles], 1)
    fifth = np.packbits(integers >> 4, axis=1, bitorder="little")
    return np.concatenate([*head, fifth, nibbles], 1)
