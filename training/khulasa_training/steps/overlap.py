"""Shows that finished data share nothing with evaluation sets: reads the text back from the token sequences."""

import argparse
from itertools import groupby
from pathlib import Path

from .. import checkpoint, sequences
from ..errors import TrainingError
from ..overlap import LENGTHS, SHORTEST, Overlap
from ..prompts import Prompts
from ..sequences import Sequences
from ..sets import read_sets
from ..vocabulary import SPECIALS


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("data", type=Path, help="folder that `data` made")
    parser.add_argument("checkpoint", type=Path, help="folder of a checkpoint with its vocabulary")
    parser.add_argument("--sets", nargs="+", type=Path, required=True, metavar="PATH", help="the evaluation sets")


def show(epochs: list[Sequences], prompts: Prompts, index: Overlap) -> None:
    """Prints how many texts were compared; fails if one overlaps."""
    texts: set[str] = set()
    for epoch in epochs:
        for i in range(len(epoch)):
            ids = epoch.sequence(i)[0].tolist()
            for special, part in groupby(ids, key=lambda token: token < len(SPECIALS)):
                if not special:
                    texts.add(prompts.text(list(part)))
    found = [(text, hit) for text in sorted(texts) for language in LENGTHS if (hit := index.find(language, text))]
    for text, (words, name) in found:
        print(f"in {name}: “{words}” of “{text}”")
    sizes = " and ".join(f"{len(index.index[language])} of the {language} side" for language in LENGTHS)
    rule = " or ".join(f"{n} {language}" for language, n in LENGTHS.items())
    print(f"\noverlap: {len(texts)} different texts of {sum(map(len, epochs))} sequences compared with {sizes}")
    print(f"(runs of {rule} words, and whole sentences from {SHORTEST} words on): {len(found)} overlap")
    if found:
        raise TrainingError("training data have text of an evaluation set")


def run(args: argparse.Namespace) -> None:
    """Does it."""
    epochs = [sequences.load(file) for file in sorted(args.data.glob("epoch-*.safetensors"))]
    if not epochs:
        raise TrainingError(f"{args.data} has no epoch-N.safetensors; `data` makes them")
    prompts = Prompts(checkpoint.load(args.checkpoint).load_tokenizer())
    show(epochs, prompts, Overlap(read_sets(args.sets)))
