"""In which order training sees sequences: a function of the data and a seed alone, so that a run can be resumed."""

import random
from collections.abc import Callable, Iterator

from ..errors import TrainingError
from ..sequences import Sequences

Group = list[int]
"""Numbers of sequences that are computed together."""

POOL = 4000
"""Sequences among which those of similar or fitting lengths are looked for."""


def buckets(data: Sequences, tokens: int, draw: random.Random) -> list[Group]:
    """Groups of similar lengths, at most so many tokens each when padded to the longest."""
    groups: list[Group] = []
    for pool in pools(data, draw):
        group: Group = []
        for i in sorted(pool, key=data.length):
            if group and (len(group) + 1) * data.length(i) > tokens:
                groups.append(group)
                group = []
            group.append(i)
        groups.append(group)
    draw.shuffle(groups)
    return groups


def packs(data: Sequences, tokens: int, draw: random.Random) -> list[Group]:
    """Groups that fill rows of so many tokens as well as they can: the longest first, each into the first row with
    room for it."""
    rows: list[Group] = []
    for pool in pools(data, draw):
        open_rows: list[tuple[Group, int]] = []
        for i in sorted(pool, key=data.length, reverse=True):
            length = data.length(i)
            at = next((n for n, (_, room) in enumerate(open_rows) if room >= length), None)
            if at is None:
                open_rows.append(([i], tokens - length))
            else:
                row, room = open_rows[at]
                row.append(i)
                open_rows[at] = (row, room - length)
        rows += [row for row, _ in open_rows]
    draw.shuffle(rows)
    return rows


def pools(data: Sequences, draw: random.Random) -> Iterator[list[int]]:
    """All sequences, shuffled, some thousands at a time."""
    order = list(range(len(data)))
    draw.shuffle(order)
    for start in range(0, len(order), POOL):
        yield order[start : start + POOL]


def steps(
    epochs: list[Sequences],
    grouping: Callable[[Sequences, int, random.Random], list[Group]],
    tokens: int,
    groups: int,
    seed: int,
) -> Iterator[tuple[int, list[Group]]]:
    """Endlessly the number of an epoch and the groups of one step. Epochs are taken in turn; what is left at the end
    of one is fewer than a step's groups and not used."""
    for epoch in range(1 << 30):
        made = grouping(epochs[epoch % len(epochs)], tokens, random.Random(f"{seed}-{epoch}"))
        if len(made) < groups:
            raise TrainingError(f"epoch {epoch} has {len(made)} groups of {tokens} tokens; a step wants {groups}")
        for start in range(0, len(made) - groups + 1, groups):
            yield epoch, made[start : start + groups]
