"""What models are measured on, and what training must never see: pairs of `NAME.ar` and `NAME.en`, and articles."""

import json
from dataclasses import dataclass
from pathlib import Path

from .errors import TrainingError

Pair = tuple[str, str]
"""Arabic and English that say the same."""


@dataclass
class Article:
    """An Arabic article with its English, sentence by sentence, and an English summary."""

    title: Pair
    sentences: list[Pair]
    summary: str

    def side(self, language: int) -> str:
        """The body in Arabic (0) or English (1)."""
        return " ".join(s[language] for s in self.sentences)

    def with_previous(self) -> list[tuple[Pair, str | None]]:
        """Title and sentences, each with the Arabic sentence before it; title and first sentence have none."""
        before = [None] + [s[0] for s in self.sentences[:-1]]
        return [(self.title, None), *zip(self.sentences, before, strict=True)]


@dataclass
class EvaluationSet:
    """Sentences with their translations."""

    name: str
    pairs: list[Pair]
    previous: list[str | None]
    """The Arabic before each sentence, where it has some."""
    articles: list[Article]
    """The articles that the sentences come from, if they do."""

    def cut(self, lines: int | None) -> "EvaluationSet":
        """The first sentences, and as many articles at most."""
        return EvaluationSet(self.name, self.pairs[:lines], self.previous[:lines], self.articles[:lines])


def read_lines(path: Path) -> list[str]:
    """The lines of a text file: `\\n` alone ends one."""
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")


def read_articles(path: Path) -> list[Article]:
    """A file with an article a line: `title [ar, en]`, `sentences [[ar, en] …]`, `summary`."""
    articles = []
    for number, line in enumerate(read_lines(path), 1):
        try:
            a = json.loads(line)
            pairs = [(ar, en) for ar, en in [a["title"], *a["sentences"]]]
            articles.append(Article(pairs[0], pairs[1:], a["summary"]))
        except (ValueError, KeyError, TypeError) as error:
            raise TrainingError(f"{path}:{number} is no article: {error!r}") from error
    return articles


def read_pairs(path: Path) -> list[Pair]:
    """A file with `ARABIC<TAB>ENGLISH` a line; further columns are left out, and lines without both sides."""
    rows = (line.split("\t") for line in read_lines(path))
    return [(r[0], r[1]) for r in rows if len(r) > 1 and r[0].strip() and r[1].strip()]


def read_sets(paths: list[Path]) -> list[EvaluationSet]:
    """All sets in folders and files: `NAME.ar` beside `NAME.en`, and `NAME.jsonl`, articles."""
    files = [f for p in paths for f in (sorted(p.iterdir()) if p.is_dir() else [p])]
    sets = []
    for file in files:
        if file.suffix == ".jsonl":
            articles = read_articles(file)
            rows = [row for a in articles for row in a.with_previous()]
            sets.append(EvaluationSet(file.stem, [pair for pair, _ in rows], [before for _, before in rows], articles))
        elif file.suffix == ".ar":
            arabic, english = read_lines(file), read_lines(file.with_suffix(".en"))
            if len(arabic) != len(english):
                raise TrainingError(f"{file} has {len(arabic)} lines, its English {len(english)}")
            sets.append(EvaluationSet(file.stem, list(zip(arabic, english, strict=True)), [None] * len(arabic), []))
    if not sets:
        raise TrainingError(f"no test set in {', '.join(map(str, paths))}: NAME.ar with NAME.en, or NAME.jsonl")
    return sets
