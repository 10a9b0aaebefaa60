"""Averages checkpoints of one run: late ones of a decayed learning rate together are better than any of them."""

import argparse
from pathlib import Path

from .. import checkpoint
from ..errors import TrainingError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("checkpoints", nargs="+", type=Path, help="folders of checkpoints")
    parser.add_argument("--out", type=Path, required=True, help="folder of the mean")


def run(args: argparse.Namespace) -> None:
    """Does it."""
    mean = checkpoint.load(args.checkpoints[0])
    for folder in args.checkpoints[1:]:
        other = checkpoint.load(folder)
        if other.shape != mean.shape or other.tokenizer != mean.tokenizer:
            raise TrainingError(f"{folder} has another shape or vocabulary than {args.checkpoints[0]}")
        for name, w in mean.weights.items():
            w += other.weights[name]
    for w in mean.weights.values():
        w /= len(args.checkpoints)
    checkpoint.save(mean, args.out)
    print(f"{args.out}: the mean of {len(args.checkpoints)} checkpoints")
