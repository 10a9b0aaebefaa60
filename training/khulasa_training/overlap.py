"""Finds text that is in an evaluation set too."""

from collections.abc import Iterator

from .fold import words
from .sets import EvaluationSet

LENGTHS = {"ar": 6, "en": 7}
"""How many words in a row may not be the same."""

SHORTEST = 4
"""Evaluation sentences of fewer words than that are common phrases; those below `LENGTHS` may not be met as a whole."""


def runs(text: list[str], length: int) -> Iterator[tuple[str, ...]]:
    """All runs of so many words; the whole text if it is shorter."""
    for start in range(max(1, len(text) - length + 1)):
        yield tuple(text[start : start + length])


class Overlap:
    """An index of all that evaluation sets say."""

    def __init__(self, sets: list[EvaluationSet]) -> None:
        """Takes in sentences of both languages, and summaries."""
        self.index: dict[str, dict[tuple[str, ...], str]] = {"ar": {}, "en": {}}
        for test in sets:
            for arabic, english in test.pairs:
                self.add("ar", arabic, test.name)
                self.add("en", english, test.name)
            for article in test.articles:
                self.add("en", article.summary, test.name)

    def add(self, language: str, text: str, name: str) -> None:
        """Takes a text in."""
        found = words(text)
        if len(found) >= SHORTEST:
            self.index[language] |= dict.fromkeys(runs(found, LENGTHS[language]), name)

    def find(self, language: str, text: str) -> tuple[str, str] | None:
        """Words that a text shares with an evaluation set, and the set's name."""
        index = self.index[language]
        found = words(text)
        candidates = [*runs(found, LENGTHS[language]), tuple(found)]
        return next(((" ".join(run), index[run]) for run in candidates if run in index), None)
