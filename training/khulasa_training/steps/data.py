"""Makes the token sequences that `train` reads, one file an epoch, and reports what went in and what did not."""

import argparse
from pathlib import Path

from .. import checkpoint, sequences
from ..mixture import Mixture, report
from ..overlap import Overlap
from ..prompts import Prompts
from ..sequences import Sequences
from ..sets import read_sets
from ..sources import SOURCES, VALIDATION, read_table
from . import overlap


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("checkpoint", type=Path, help="folder whose vocabulary is used")
    parser.add_argument("out", type=Path, help="folder of the data")
    parser.add_argument(
        "--sources", type=Path, default=SOURCES, help="table of sources (default: training/sources.toml)"
    )
    parser.add_argument("--pairs", type=Path, help="folder of the sources that are not in the corpus")
    parser.add_argument(
        "--sets",
        nargs="*",
        type=Path,
        default=[],
        metavar="PATH",
        help="evaluation sets beside the corpus' own: nothing of them may get in",
    )
    parser.add_argument("--epochs", type=int, default=4, help="how many different epochs to draw (default: 4)")
    parser.add_argument("--seed", default="0")


def run(args: argparse.Namespace) -> None:
    """Does it."""
    model = checkpoint.load(args.checkpoint)
    prompts = Prompts(model.load_tokenizer())
    index = Overlap(read_sets([*args.sets, args.sources.parent / "corpus" / VALIDATION]))
    table = read_table(args.sources, args.pairs)
    mixture = Mixture(table, index, prompts, model.shape.output)
    args.out.mkdir(parents=True, exist_ok=True)
    for epoch in range(args.epochs):
        Sequences.of(mixture.epoch(f"{args.seed}-{epoch}")).save(args.out / f"epoch-{epoch}.safetensors")
    text = report(table, mixture.uses)
    (args.out / "report.md").write_text(f"What {args.epochs} epochs have.\n\n{text}\n")
    left_out = {row: name for name, use in mixture.uses.items() for row in use.overlaps}
    lines = [f"{name}\t{found}\t{words}\t{text}\n" for (text, words, found), name in left_out.items()]
    (args.out / "left-out.tsv").write_text("".join(["source\tset\twords\ttext\n", *lines]))
    print(text)
    overlap.show([sequences.load(f) for f in sorted(args.out.glob("epoch-*.safetensors"))], prompts, index)
