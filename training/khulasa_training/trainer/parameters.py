"""The weights while they are trained: bf16 and flat to compute with, float32 and flat to update. Embeddings stay as
they are: so words that the data lack keep their meaning, and steps are cheaper."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import Parameter

from ..model import Attention, Layer, Weights, angles, embed, finish, layers, loss_sum, norm, project
from ..shape import Shape

FROZEN = "embedding"


def size(shape: Shape) -> int:
    """How many weights are trained."""
    return sum(math.prod(s) for name, s in shape.tensors().items() if name != FROZEN)


def flatten(weights: Weights, shape: Shape) -> Tensor:
    """All trained weights end to end, as float32."""
    return torch.cat([weights[name].float().flatten() for name in shape.tensors() if name != FROZEN])


def views(flat: Tensor, shape: Shape) -> Weights:
    """The trained weights as parts of a flat tensor."""
    sizes = {name: s for name, s in shape.tensors().items() if name != FROZEN}
    pieces = flat.split([math.prod(s) for s in sizes.values()])
    return {name: piece.view(s) for (name, s), piece in zip(sizes.items(), pieces, strict=True)}


def layer(
    x: Tensor, cos: Tensor, sin: Tensor, visible: Tensor, w: Layer, epsilon: float, attention: Attention
) -> Tensor:
    """One layer of the model, with the given attention."""
    queries, keys, values = project(x, w, cos, sin, epsilon)
    return finish(x, attention(queries, keys, values, visible), w, epsilon)


class Trained:
    """A model whose gradients gather in one flat tensor."""

    def __init__(self, flat: Tensor, embedding: Tensor, shape: Shape, attention: Attention, compiled: bool) -> None:
        """Computes with the bf16 weights `flat`, which the caller may change between steps. Parameters have static
        shapes when compiled; lengths and batch sizes do not."""
        self.shape, self.attention = shape, attention
        self.gradient = torch.zeros_like(flat)
        self.weights: Weights = {FROZEN: Parameter(embedding, requires_grad=False)}
        gradients = views(self.gradient, shape)
        for name, view in views(flat, shape).items():
            self.weights[name] = Parameter(view)
            self.weights[name].grad = gradients[name]
        self.layers = layers(self.weights, shape)
        self.head = Parameter(embedding[: shape.output], requires_grad=False)
        wrap: Callable = (lambda f: torch.compile(f, dynamic=True)) if compiled else (lambda f: f)
        self.layer, self.loss_sum = wrap(layer), wrap(loss_sum)

    def loss(self, ids: Tensor, positions: Tensor, visible: Tensor, at: Tensor, targets: Tensor) -> Tensor:
        """The summed loss of target tokens (N,). ids and positions are (B, T), `at` (N,) the places, counted through
        the whole batch, after which the targets stand."""
        shape, x = self.shape, embed(ids, self.weights, self.shape)
        bases = {shape.rope_base(i) for i in range(shape.layers)}
        rope = {base: angles(positions, shape.head_width, base) for base in bases}
        for i, w in enumerate(self.layers):
            x = self.layer(x, *rope[shape.rope_base(i)], visible, w, shape.epsilon, self.attention)
        return self.loss_sum(norm(x, self.weights["norm"], shape.epsilon).flatten(0, 1)[at], self.head, targets)
