"""Adam (Kingma and Ba, 2015) on flat weights, its learning rate warmed up and then lowered along a cosine."""

import math

from torch import Tensor

FIRST, SECOND, EPSILON = 0.9, 0.98, 1e-8
"""Decays of the two moments, and what keeps the quotient finite."""

CLIP = 1.0
"""The gradient's greatest norm."""

PIECE = 1 << 18
"""Weights updated at a time, so that they stay in a CPU's cache."""


def rate(step: int, steps: int, peak: float, warm_up: int) -> float:
    """The learning rate of a step, counted from 1: up to the peak within `warm_up` steps, and down to 0 at the end."""
    return peak * min(1.0, step / warm_up) * 0.5 * (1 + math.cos(math.pi * step / steps))


def update(
    weights: Tensor, half: Tensor, gradient: Tensor, first: Tensor, second: Tensor, norm: float, step: int, rate: float
) -> None:
    """Updates float32 weights, their bf16 copy and both moments in place; `norm` is the whole gradient's, of which
    these tensors may be a part. The gradient is used up."""
    scale = min(1.0, CLIP / (norm + 1e-6))
    piece = PIECE if weights.device.type == "cpu" else len(weights)
    for start in range(0, len(weights), piece):
        part = slice(start, start + piece)
        g, m, v = gradient[part].mul_(scale), first[part], second[part]
        m.lerp_(g, 1 - FIRST)
        v.mul_(SECOND).addcmul_(g, g, value=1 - SECOND)
        size = (v / (1 - SECOND**step)).sqrt_().add_(EPSILON)
        weights[part].addcdiv_(m, size, value=-rate / (1 - FIRST**step))
        half[part] = weights[part]
