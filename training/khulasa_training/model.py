"""Gemma 3 in plain PyTorch: the pieces of a layer, from which training and decoding are put together, each with an
attention of its own."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .shape import Shape

Weights = dict[str, Tensor]
"""All weights of a model, named as in `Shape.tensors`."""

Attention = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""From queries (B, T, H, W), keys and values (B, S, W) and what is visible to what the heads see (B, T, H·W)."""


class Layer(NamedTuple):
    """The weights of one layer, in the order of `Shape.tensors`."""

    qkv: Tensor
    output: Tensor
    gate_up: Tensor
    down: Tensor
    norm_attention: Tensor
    norm_attended: Tensor
    norm_feed: Tensor
    norm_fed: Tensor
    norm_query: Tensor
    norm_key: Tensor


def layers(weights: Weights, shape: Shape) -> list[Layer]:
    """The weights layer by layer."""
    return [Layer(*(weights[f"{i}.{name}"] for name in Layer._fields)) for i in range(shape.layers)]


def norm(x: Tensor, factor: Tensor, epsilon: float) -> Tensor:
    """Root-mean-square norm over the last dimension, computed in float32."""
    wide = x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + epsilon) * factor.float()).to(x.dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding over the last dimension; `cos` and `sin` have half its width."""
    a, b = x.float().chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1).to(x.dtype)


def angles(positions: Tensor, width: int, base: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines (…, width / 2) of the rotary embedding at the given positions (…)."""
    steps = torch.arange(0, width, 2, device=positions.device).float() / width
    angle = positions[..., None].float() * base**-steps
    return angle.cos(), angle.sin()


def project(x: Tensor, w: Layer, cos: Tensor, sin: Tensor, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """Queries (B, T, H, W), keys and values (B, T, W) of a layer's input x (B, T, D)."""
    width = w.norm_key.shape[0]
    y = F.linear(norm(x, w.norm_attention, epsilon), w.qkv).unflatten(-1, (-1, width))
    queries = rotate(norm(y[:, :, :-2], w.norm_query, epsilon), cos[..., None, :], sin[..., None, :])
    return queries, rotate(norm(y[:, :, -2], w.norm_key, epsilon), cos, sin), y[:, :, -1]


def finish(x: Tensor, attended: Tensor, w: Layer, epsilon: float) -> Tensor:
    """The rest of a layer, after attention: both residual sums."""
    x = x + norm(F.linear(attended, w.output), w.norm_attended, epsilon)
    gate, up = F.linear(norm(x, w.norm_feed, epsilon), w.gate_up).chunk(2, -1)
    return x + norm(F.linear(F.gelu(gate, approximate="tanh") * up, w.down), w.norm_fed, epsilon)


def attend(queries: Tensor, keys: Tensor, values: Tensor, visible: Tensor) -> Tensor:
    """Attention with one key/value head, its heads folded into rows, so that each product is one matrix product a
    sequence. `visible` (T, S) or (B, 1, T, S) is true where a position may look."""
    batch, length, heads, width = queries.shape
    rows = queries.transpose(1, 2).reshape(batch, heads * length, width)
    scores = torch.bmm(rows, keys.transpose(1, 2)).float() * width**-0.5
    scores = scores.view(batch, heads, length, -1).masked_fill(~visible, -1e9)
    weights = scores.softmax(-1).to(values.dtype).view(batch, heads * length, -1)
    return torch.bmm(weights, values).view(batch, heads, length, width).transpose(1, 2).flatten(2)


def embed(ids: Tensor, weights: Weights, shape: Shape) -> Tensor:
    """The scaled embeddings of token ids."""
    return F.embedding(ids, weights["embedding"]) * math.sqrt(shape.width)


def loss_sum(hidden: Tensor, head: Tensor, targets: Tensor) -> Tensor:
    """The summed cross-entropy (nats) of target tokens (N,) given hidden states (N, D)."""
    return F.cross_entropy(F.linear(hidden, head).float(), targets, reduction="sum")
