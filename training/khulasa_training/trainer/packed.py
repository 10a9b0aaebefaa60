"""Training on a GPU: sequences packed end to end into rows of one length, so that hardly a token is padding, with
PyTorch's fused attention; each sequence sees itself alone."""

import math
import signal
from itertools import islice
from types import FrameType

import torch
import torch.nn.functional as F
from torch import Tensor

from ..sequences import Sequences
from . import adam, order
from .order import Group
from .parameters import Trained
from .run import Run

ROW_TOKENS = 2048
"""Tokens of a row."""

ROWS = 8
"""Rows computed at a time."""


def fused(queries: Tensor, keys: Tensor, values: Tensor, visible: Tensor) -> Tensor:
    """`model.attend` by PyTorch's fused kernel."""
    heads = queries.shape[2]
    keys, values = (t[:, None].expand(-1, heads, -1, -1) for t in (keys, values))
    return F.scaled_dot_product_attention(queries.transpose(1, 2), keys, values, visible).transpose(1, 2).flatten(2)


def collate(data: Sequences, rows: list[Group], length: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Token ids and positions (B, T), what each position may see (B, 1, T, T), the places after which answers stand,
    and the answers."""
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    positions = torch.zeros_like(ids)
    owner = torch.zeros_like(ids)
    at, targets = [], []
    for row, group in enumerate(rows):
        start = 0
        for number, i in enumerate(group, 1):
            tokens, prompt = data.sequence(i)
            end = start + len(tokens)
            ids[row, start:end] = tokens
            positions[row, start:end] = torch.arange(len(tokens))
            owner[row, start:end] = number
            at.append(row * length + torch.arange(start + prompt - 1, end - 1))
            targets.append(tokens[prompt:].long())
            start = end
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    visible = (owner[:, None, :] == owner[:, :, None]) & causal
    return ids, positions, visible[:, None], torch.cat(at), torch.cat(targets)


def train(run: Run, epochs: list[Sequences], compiled: bool) -> None:
    """Trains until the last step, or until SIGINT or SIGTERM: then the step is finished and the state saved."""
    stopped = False

    def interrupted(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
    torch.use_deterministic_algorithms(True, warn_only=True)
    settings, state = run.settings, run.state
    device = torch.device(settings.device)
    state.weights, state.first, state.second = (t.to(device) for t in state.tensors().values())
    half, embedding = state.weights.bfloat16(), run.init.weights["embedding"].to(device, torch.bfloat16)
    model = Trained(half, embedding, run.init.shape, fused, compiled)
    gradient = torch.zeros_like(state.weights)
    plan = order.steps(epochs, order.packs, ROW_TOKENS, settings.step_tokens // ROW_TOKENS, settings.seed)
    for epoch, rows in islice(plan, state.step, settings.steps):
        if stopped:
            return run.save_state()
        data, total, targets = epochs[epoch % len(epochs)], torch.zeros((), device=device), 0
        gradient.zero_()
        for start in range(0, len(rows), ROWS):
            batch = collate(data, rows[start : start + ROWS], ROW_TOKENS)
            loss = model.loss(*(t.to(device, non_blocking=True) for t in batch))
            loss.backward()
            gradient += model.gradient
            model.gradient.zero_()
            total += loss.detach()
            targets += len(batch[-1])
        gradient /= targets
        norm = math.sqrt(gradient.square().sum(dtype=torch.float64).item())
        state.step += 1
        rate = adam.rate(state.step, settings.steps, settings.rate, settings.warm_up)
        adam.update(state.weights, half, gradient, state.first, state.second, norm, state.step, rate)
        line = {"step": state.step, "epoch": epoch, "loss": total.item() / targets, "rate": rate, "norm": norm}
        run.log(line, sum(data.length(i) for row in rows for i in row))
        if run.due():
            run.save()
    return None
