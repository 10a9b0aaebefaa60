"""Fine-tunes a checkpoint. The same command again goes on where a run stopped, to the same weights."""

import argparse
from pathlib import Path

import torch

from .. import checkpoint
from ..errors import TrainingError
from ..trainer import packed, workers
from ..trainer.run import Run, Settings, digest, read_data

STEP_TOKENS = {"cpu": 4096, "cuda": 32_768}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("init", type=Path, help="folder of the checkpoint to begin with")
    parser.add_argument("data", type=Path, help="folder that `data` made")
    parser.add_argument("run", type=Path, help="folder of the run; goes on if it has a state")
    parser.add_argument("--steps", type=int, required=True, help="the learning rate is 0 after so many")
    parser.add_argument("--rate", type=float, default=1e-4, help="the highest learning rate (default: 1e-4)")
    parser.add_argument("--warm-up", type=int, default=20, help="steps until the highest rate (default: 20)")
    parser.add_argument("--step-tokens", type=int, help=f"tokens of a step, about (default: {STEP_TOKENS})")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the order of the data")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", help="cpu or cuda")
    parser.add_argument("--workers", type=int, default=2, help="processes on a CPU (default: 2)")
    parser.add_argument("--no-compile", action="store_true", help="do without torch.compile")


def run(args: argparse.Namespace) -> None:
    """Does it."""
    kind = torch.device(args.device).type
    if kind not in STEP_TOKENS:
        raise TrainingError(f"--device {args.device}: cpu or cuda")
    epochs, data = read_data(args.data)
    settings = Settings(
        steps=args.steps,
        rate=args.rate,
        warm_up=args.warm_up,
        step_tokens=args.step_tokens or STEP_TOKENS[kind],
        seed=args.seed,
        workers=args.workers if kind == "cpu" else 1,
        device=args.device,
        init=digest([args.init / "model.safetensors"]),
        data=data,
    )
    started = Run(args.run, settings, checkpoint.load(args.init), args.save_every)
    print(f"{args.run}: from step {started.state.step} to {args.steps}", flush=True)
    (workers if kind == "cpu" else packed).train(started, epochs, not args.no_compile)
