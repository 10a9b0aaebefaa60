"""A setting so small that everything runs in minutes without a download: 2 layers of width 64, a vocabulary learnt from
a few hundred pairs of the corpus, random weights."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from khulasa_training import __main__, checkpoint
from khulasa_training.checkpoint import Checkpoint
from khulasa_training.sets import read_articles, read_lines
from khulasa_training.shape import Shape
from khulasa_training.vocabulary import ADDED, BYTE, CONTROL, NORMAL, SPECIALS, UNK, UNKNOWN, Vocabulary

CORPUS = Path(__file__).parents[1] / "corpus"
TOKENS = 3000
PAIRS = 300

SOURCES = """
sources = [
  { files = "corpus/articles-*.jsonl", weight = 1.0, licence = "CC BY 4.0", about = "articles" },
  { files = "corpus/*.tsv", weight = 1.5, licence = "CC BY 4.0", about = "sentences" },
]
[articles]
joined = 0.2
context = 0.3
both_summaries = 0.5
[noise]
hamza = 0.1
diacritics = 0.1
digits = 0.1
"""


def step(*args: object) -> None:
    """Runs a step as the command line does, in this process."""
    before, sys.argv = sys.argv, ["khulasa_training", *map(str, args)]
    try:
        __main__.main()
    finally:
        sys.argv = before


@pytest.fixture(scope="session")
def run_step() -> Callable[..., None]:
    return step


def learn_vocabulary(texts: list[str]) -> Vocabulary:
    """A vocabulary of the family: in the order of the merges, with the tokens that markers are made of."""
    learner = Tokenizer(models.BPE(unk_token=UNK))
    learner.normalizer = normalizers.Replace(" ", "▁")
    learner.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    emphasis = ["Arabic translate English summary previous context"] * 1000
    learner.train_from_iterator([*texts, *emphasis], trainers.BpeTrainer(vocab_size=TOKENS, show_progress=False))
    learnt = learner.get_vocab()
    normal = sorted((t for t in learnt if t != UNK), key=learnt.__getitem__)
    byte_tokens = [f"<0x{i:02X}>" for i in range(256)]
    kinds = [UNKNOWN if t == UNK else CONTROL for t in SPECIALS]
    kinds += [BYTE] * 256 + [ADDED] * 2 + [NORMAL] * len(normal)
    return Vocabulary([*SPECIALS, *byte_tokens, "\n", "\n\n", *normal], kinds)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, table: Path) -> Path:
    """A base checkpoint: as `base` would make it, of random weights."""
    lines = [line for file in sorted(table.parent.glob("corpus/*.tsv")) for line in read_lines(file)]
    words = learn_vocabulary([side for line in lines for side in line.split("\t")])
    shape = Shape(len(words.tokens), len(words.tokens), width=64, layers=2, heads=2, head_width=32, inner=128)
    draw = torch.Generator().manual_seed(1)
    weights = {
        name: torch.randn(size, generator=draw) * size[-1] ** -0.5 if len(size) > 1 else torch.ones(size)
        for name, size in shape.tensors().items()
    }
    folder = tmp_path_factory.mktemp("base") / "base"
    checkpoint.save(Checkpoint(shape, weights, words.tokenizer().to_str()), folder)
    return folder


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of sources beside a small part of the corpus."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "corpus").mkdir()
    (folder / "sources.toml").write_text(SOURCES)
    for name in ("articles-1.jsonl", "valid.jsonl"):
        lines = read_lines(CORPUS / name)[:8]
        (folder / "corpus" / name).write_text("\n".join(lines) + "\n")
    pairs = read_lines(CORPUS / "briefs-society.tsv")[:PAIRS]
    evaluated = read_articles(folder / "corpus" / "valid.jsonl")[0].sentences[0]
    (folder / "corpus" / "briefs.tsv").write_text("\n".join([*pairs, "\t".join(evaluated), pairs[0]]) + "\n")
    return folder / "sources.toml"


@pytest.fixture(scope="session")
def init(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("init") / "init"
    step("init", base, folder)
    return folder


@pytest.fixture(scope="session")
def data(init: Path, table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    step("data", init, folder, "--sources", table, "--epochs", 2)
    return folder


def program() -> str | None:
    """The program khulasa: of $KHULASA, of this repository's last build, or installed."""
    named = os.environ.get("KHULASA")
    built = Path(__file__).parents[2] / "target" / "release" / "khulasa"
    return named or (str(built) if built.exists() else shutil.which("khulasa"))
