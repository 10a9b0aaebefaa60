"""Plots the learning curve of a run: training loss, and chrF where checkpoints were evaluated."""

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt

from ..trainer.run import read_log

SMOOTH = 0.95
"""How much of a smoothed loss stays at the next step."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("out", type=Path, help="plot, .svg or .png")
    parser.add_argument("--scores", type=Path, help="folder that `evaluate` wrote for this run's checkpoints")


def smoothed(values: list[float]) -> list[float]:
    """An exponential mean of all values so far, without a bias towards the first."""
    out, mean, weight = [], 0.0, 0.0
    for value in values:
        mean, weight = SMOOTH * mean + (1 - SMOOTH) * value, SMOOTH * weight + 1 - SMOOTH
        out.append(mean / weight)
    return out


def evaluations(scores: Path, run: str) -> dict[str, list[tuple[int, float]]]:
    """Steps and chrF by set, of the checkpoints `step-N` of a run."""
    found = defaultdict(list)
    for file in scores.glob("*.json"):
        record = json.loads(file.read_text())
        if step := re.fullmatch(re.escape(run) + r"-step-(\d+)", record["checkpoint"]):
            for name, score in record["translation"].items():
                found[name].append((int(step[1]), score["chrf"]))
    return {name: sorted(points) for name, points in sorted(found.items())}


def run(args: argparse.Namespace) -> None:
    """Does it."""
    log = read_log(args.run / "log.jsonl")
    matplotlib.rcParams["svg.hashsalt"] = "khulasa"  # the same data make the same file
    figure, axis = plt.subplots(figsize=(8, 4.5), layout="constrained")
    steps, loss = [line["step"] for line in log], [line["loss"] for line in log]
    axis.plot(steps, loss, color="0.8", linewidth=0.8)
    axis.plot(steps, smoothed(loss), color="0.3", label="training loss")
    axis.set_xlabel(f"step ({log[-1]['tokens'] / 1e6:.2f} million tokens in all)")
    axis.set_ylabel("loss (nats a token)")
    points = evaluations(args.scores, args.run.resolve().name) if args.scores else {}
    right = axis.twinx() if points else axis
    for name, curve in points.items():
        right.plot(*zip(*curve, strict=True), marker="o", label=f"chrF, {name}")
    if points:
        right.set_ylabel("chrF")
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(args.out, metadata={"Date": None} if args.out.suffix == ".svg" else None)
    print(f"{args.out}: {len(log)} steps, {sum(map(len, points.values()))} scores")
