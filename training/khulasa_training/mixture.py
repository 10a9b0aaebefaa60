"""Makes examples of sources: no duplicates, nothing of an evaluation set, weights, noise, and the three tasks."""

import random
from collections import Counter
from dataclasses import dataclass, field

from .fold import words
from .noise import noisy
from .overlap import Overlap
from .prompts import Prompts, clean
from .sequences import Example
from .sets import Article, Pair
from .sources import Table

LONGEST = 512
"""Tokens of the longest sequence: what local layers see, so that training needs no window."""


@dataclass
class Use:
    """What became of a source."""

    counts: Counter[str] = field(default_factory=Counter)
    """Pairs and articles by what was done with them."""
    overlaps: list[tuple[str, str, str]] = field(default_factory=list)
    """What was left out because of an evaluation set: its text, the words, the set."""


class Mixture:
    """Sources, cleaned, from which epochs are drawn."""

    def __init__(self, table: Table, overlap: Overlap, prompts: Prompts, output: int) -> None:
        """Takes duplicates and overlaps out of all sources. Answers may only have tokens below `output`."""
        self.table, self.overlap, self.prompts, self.output = table, overlap, prompts, output
        self.uses = {s.path.name: Use() for s in table.sources}
        seen: set[str] = set()
        for source in table.sources:
            use = self.uses[source.path.name]
            if source.articles:
                seen |= {self.key(pair) for pair in source.all_pairs()}
            kept = []
            for pair in source.pairs:
                key = self.key(pair)
                if key in seen:
                    use.counts["duplicates"] += 1
                elif not self.overlaps(use, pair):
                    kept.append(pair)
                seen.add(key)
            source.pairs = kept

    @staticmethod
    def key(pair: Pair) -> str:
        """What makes two pairs the same: their Arabic words."""
        return " ".join(words(pair[0]))

    def overlaps(self, use: Use, pair: Pair) -> bool:
        """Whether an evaluation set has some of a pair; if so, that is noted."""
        for language, text in zip(("ar", "en"), pair, strict=True):
            if found := self.overlap.find(language, text):
                use.counts["overlaps"] += 1
                use.overlaps.append((text, *found))
                return True
        return False

    def epoch(self, seed: str) -> list[Example]:
        """The examples of one epoch, shuffled."""
        draw = random.Random(seed)
        examples: list[Example] = []
        for source in self.table.sources:
            use, before = self.uses[source.path.name], len(examples)
            for pair in drawn(source.pairs, source.weight, draw):
                self.translation(examples, use, pair, None, draw)
            for article in drawn(source.articles, source.weight, draw):
                self.article(examples, use, article, draw)
            use.counts["examples"] += len(examples) - before
            use.counts["tokens"] += sum(len(p) + len(a) for p, a in examples[before:])
        draw.shuffle(examples)
        return examples

    def translation(
        self, examples: list[Example], use: Use, pair: Pair, previous: str | None, draw: random.Random
    ) -> None:
        """Adds a pair, with its previous sentence if one is given."""
        rates = self.table.noise
        previous = noisy(previous, rates, draw) if previous else None
        self.add(examples, use, self.prompts.translation(noisy(clean(pair[0]), rates, draw), previous), pair[1])

    def article(self, examples: list[Example], use: Use, article: Article, draw: random.Random) -> None:
        """Adds an article's title and sentences, some of them joined or with context, and its summary."""
        rates = self.table.articles
        rows = [(p, before) for p, before in article.with_previous() if not self.overlaps(use, p)]
        at = 0
        while at < len(rows):
            count = draw.choice((2, 3)) if at and draw.random() < rates["joined"] else 1
            group = [pair for pair, _ in rows[at : at + count]]
            before = rows[at][1] if draw.random() < rates["context"] else None
            if before and self.overlap.find("ar", before):
                before = None
            pair = (" ".join(ar for ar, _ in group), " ".join(en for _, en in group))
            self.translation(examples, use, pair, before, draw)
            at += count
        if len(rows) <= len(article.sentences) or self.overlaps(use, (article.side(0), article.summary)):
            return
        bodies = [article.side(0), article.side(1)]
        for body in bodies if draw.random() < rates["both_summaries"] else [draw.choice(bodies)]:
            self.add(examples, use, self.prompts.summary(body), article.summary)

    def add(self, examples: list[Example], use: Use, prompt: list[int], answer: str) -> None:
        """Adds an example if it fits and can be written."""
        ids = self.prompts.answer(answer)
        if len(prompt) + len(ids) > LONGEST:
            use.counts["too long"] += 1
        elif max(ids) >= self.output:
            use.counts["unwritable"] += 1
        else:
            examples.append((prompt, ids))


def drawn(items: list, weight: float, draw: random.Random) -> list:
    """Each item `weight` times; of a fraction, that share, drawn."""
    whole = int(weight)
    return items * whole + draw.sample(items, round((weight - whole) * len(items)))


def report(table: Table, uses: dict[str, Use]) -> str:
    """What became of each source, as a Markdown table."""
    columns = ("duplicates", "overlaps", "too long", "unwritable", "examples", "tokens")
    rows = [["source", "weight", *columns, "licence"]]
    for source in table.sources:
        counts = uses[source.path.name].counts
        rows.append([source.path.name, f"{source.weight:g}", *(str(counts[c]) for c in columns), source.licence])
    total = [str(sum(u.counts[c] for u in uses.values())) for c in columns]
    rows.append(["all", "", *total, ""])
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
