"""Measures checkpoints on test sets."""

import argparse
import json
import time
from pathlib import Path

import torch

from .. import checkpoint, scores
from ..decode import Decoder
from ..sets import read_sets


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("checkpoints", nargs="+", type=Path, help="folders of checkpoints")
    parser.add_argument(
        "--sets",
        nargs="+",
        type=Path,
        required=True,
        metavar="PATH",
        help="NAME.ar with NAME.en, NAME.jsonl, or folders of these",
    )
    parser.add_argument("--lines", type=int, help="only so many lines and articles of each set")
    parser.add_argument("--out", type=Path, required=True, help="folder for NAME.json and what the model wrote")
    parser.add_argument("--device", default="cpu", type=torch.device)
    parser.add_argument("--threads", type=int, default=1, help="on a CPU (default: 1)")


def run(args: argparse.Namespace) -> None:
    """Does it."""
    torch.set_num_threads(args.threads)
    tests = [test.cut(args.lines) for test in read_sets(args.sets)]
    for folder in args.checkpoints:
        start = time.monotonic()
        result, written = scores.measure(Decoder(checkpoint.load(folder), args.device), tests)
        name = f"{folder.resolve().parent.name}-{folder.resolve().name}"
        result = {"checkpoint": name} | result | {"seconds": round(time.monotonic() - start, 1)}
        (args.out / name).mkdir(parents=True, exist_ok=True)
        (args.out / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
        for part, lines in written.items():
            (args.out / name / f"{part.replace(',', '').replace(' ', '-')}.txt").write_text("\n".join(lines) + "\n")
        print(f"{name} ({result['seconds']} s)\n\n{scores.table(result)}\n", flush=True)
