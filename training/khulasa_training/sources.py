"""The table of sources: which files there are, how often each is used, under which licence."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import TrainingError
from .sets import Article, Pair, read_articles, read_pairs

SOURCES = Path(__file__).parents[1] / "sources.toml"
"""The table of this repository."""

VALIDATION = "valid.jsonl"
"""The file of the corpus that is for measuring only."""


@dataclass
class Source:
    """A file of pairs or articles."""

    path: Path
    weight: float
    licence: str
    about: str
    pairs: list[Pair] = field(default_factory=list)
    articles: list[Article] = field(default_factory=list)

    def all_pairs(self) -> list[Pair]:
        """Its pairs, those of articles as well."""
        return self.pairs + [pair for a in self.articles for pair in (a.title, *a.sentences)]


@dataclass
class Table:
    """All sources, and what is made of them."""

    sources: list[Source]
    articles: dict[str, float]
    noise: dict[str, float]


def read_toml(path: Path) -> dict[str, Any]:
    """The table as it is written."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path}: {error}") from error


def read_table(path: Path, pairs: Path | None) -> Table:
    """Reads `sources.toml` and all files that it means, those in `corpus` beside it and those in the folder `pairs`."""
    table = read_toml(path)
    folders = {"corpus": path.parent / "corpus"} | ({"pairs": pairs} if pairs else {})
    sources, taken = [], set()
    for entry in table["sources"]:
        place, _, pattern = entry["files"].partition("/")
        if place not in folders:
            continue
        for file in sorted(folders[place].glob(pattern)):
            if file not in taken and file.name != VALIDATION:
                taken.add(file)
                sources.append(read(Source(file, entry["weight"], entry["licence"], entry["about"])))
    known = [f for f in folders["corpus"].iterdir() if f.suffix in (".jsonl", ".tsv") and f.name != VALIDATION]
    if left := [f.name for f in known if f not in taken]:
        raise TrainingError(f"{path} has no line for {', '.join(left)}")
    return Table(sources, table["articles"], table["noise"])


def read(source: Source) -> Source:
    """Fills a source with what its file has."""
    if source.path.suffix == ".jsonl":
        source.articles = read_articles(source.path)
    else:
        source.pairs = read_pairs(source.path)
    return source
