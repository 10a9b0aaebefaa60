"""Training on a CPU: one process a core, each with one thread, so that nobody waits for anybody within a product.

Every worker computes its share of a step's micro-batches, which is fixed, so that the same sums come out whenever a run
is repeated or resumed; then each updates its part of the weights.
"""

import math
import os
import signal
from dataclasses import dataclass
from itertools import islice
from multiprocessing.synchronize import Barrier
from types import FrameType

import torch
import torch.multiprocessing as mp
from torch import Tensor

from ..model import attend
from ..sequences import Sequences
from . import adam, order
from .order import Group
from .parameters import Trained
from .run import Run

MICRO_TOKENS = 1024
"""Tokens computed at a time, with padding: what stays in the cache."""


@dataclass
class Shared:
    """What the workers share: tensors in shared memory."""

    half: Tensor
    """The weights in bf16."""
    embedding: Tensor
    gradients: Tensor
    """A row a worker."""
    totals: Tensor
    """A row a worker: loss, target tokens, tokens, squared norm of a part of the gradient."""
    stop: Tensor
    """Whether the run is to end (set by the parent), and whether it ends with this step (set by worker 0)."""
    barrier: Barrier


def collate(data: Sequences, group: Group) -> tuple[Tensor, Tensor, Tensor]:
    """Token ids (B, T), padded on the right, the places after which answers stand, and the answers."""
    rows = [data.sequence(i) for i in group]
    length = max(len(tokens) for tokens, _ in rows)
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    at, targets = [], []
    for row, (tokens, prompt) in enumerate(rows):
        ids[row, : len(tokens)] = tokens
        at.append(row * length + torch.arange(prompt - 1, len(tokens) - 1))
        targets.append(tokens[prompt:].long())
    return ids, torch.cat(at), torch.cat(targets)


def work(rank: int, run: Run, epochs: list[Sequences], shared: Shared, compiled: bool, parent: int) -> None:
    """One worker. Worker 0 logs and saves, too."""

    def interrupted(_signal: int, _frame: FrameType | None) -> None:
        if os.getppid() != parent:  # sent by the system when the parent dies; a terminal's is the parent's business
            os._exit(1)

    signal.signal(signal.SIGINT, interrupted)
    torch.set_num_threads(1)
    settings, state, count = run.settings, run.state, len(shared.gradients)
    model = Trained(shared.half, shared.embedding, run.init.shape, attend, compiled)
    per_step = settings.step_tokens // MICRO_TOKENS
    part = slice(len(shared.half) * rank // count, len(shared.half) * (rank + 1) // count)
    plan = order.steps(epochs, order.buckets, MICRO_TOKENS, per_step, settings.seed)
    for epoch, groups in islice(plan, state.step, settings.steps):
        shared.gradients[rank].zero_()
        shared.totals[rank].zero_()
        if rank == 0:
            shared.stop[1] = shared.stop[0]
        shared.barrier.wait()
        if shared.stop[1]:
            break
        for group in groups[rank::count]:
            backward(model, epochs[epoch % len(epochs)], group, shared.gradients[rank], shared.totals[rank])
        shared.barrier.wait()
        loss, targets, tokens, _ = shared.totals.sum(0).tolist()
        gradient = shared.gradients[:, part].sum(0).div_(targets)
        shared.totals[rank, 3] = gradient.square().sum(dtype=torch.float64)
        shared.barrier.wait()
        state.step += 1
        norm = math.sqrt(shared.totals[:, 3].sum().item())
        rate = adam.rate(state.step, settings.steps, settings.rate, settings.warm_up)
        moments = state.first[part], state.second[part]
        adam.update(state.weights[part], shared.half[part], gradient, *moments, norm, state.step, rate)
        shared.barrier.wait()
        if rank == 0:
            run.log(
                {"step": state.step, "epoch": epoch, "loss": loss / targets, "rate": rate, "norm": norm}, int(tokens)
            )
            if run.due():
                run.save()
    if rank == 0 and shared.stop[1]:
        run.save_state()


def backward(model: Trained, data: Sequences, group: Group, gradient: Tensor, totals: Tensor) -> None:
    """Adds one micro-batch's gradient and loss to a worker's."""
    ids, at, targets = collate(data, group)
    places = torch.arange(ids.shape[1])
    loss = model.loss(ids, places.expand_as(ids), places <= places[:, None], at, targets)
    loss.backward()
    gradient += model.gradient
    model.gradient.zero_()
    totals[:3] += torch.tensor([loss.item(), len(targets), sum(map(data.length, group))], dtype=totals.dtype)


def train(run: Run, epochs: list[Sequences], compiled: bool) -> None:
    """Trains until the last step, or until SIGINT or SIGTERM: then the step is finished and the state saved."""
    count, state = run.settings.workers, run.state
    for tensor in state.tensors().values():
        tensor.share_memory_()
    embedding = run.init.weights["embedding"].bfloat16().share_memory_()
    gradients = torch.zeros(count, len(state.weights)).share_memory_()
    totals = torch.zeros(count, 4, dtype=torch.float64).share_memory_()
    stop = torch.zeros(2).share_memory_()
    barrier = mp.get_context("spawn").Barrier(count)
    half = state.weights.bfloat16().share_memory_()
    shared = Shared(half, embedding, gradients, totals, stop, barrier)
    arguments = (run, epochs, shared, compiled, os.getpid())
    workers = mp.start_processes(work, arguments, nprocs=count, join=False, start_method="spawn")

    def interrupted(_signal: int, _frame: FrameType | None) -> None:
        stop[0] = 1

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
    while not workers.join():
        pass
