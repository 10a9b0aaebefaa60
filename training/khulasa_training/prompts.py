"""The token sequences of the three tasks, and text as the model reads it."""

import re

from tokenizers import Tokenizer

from .shape import BOS, EOS

TRANSLATE, SEPARATOR, SUMMARIZE, PREVIOUS = "<unused0>", "<unused1>", "<unused2>", "<unused4>"
"""The markers: a sentence to translate follows, the answer follows, an article follows, a previous sentence follows."""

ARTICLE_TOKENS = 400
"""How much of an article a summary is made from."""

DROPPED = re.compile("[\u0640\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Tatweel and invisible characters, which khulasa takes away as well."""


def clean(text: str) -> str:
    """Text as the model reads and writes it: no tatweel, nothing invisible, single spaces."""
    return " ".join(DROPPED.sub("", text).split())


class Prompts:
    """Makes token ids of texts with a given tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Looks the markers up."""
        self.tokenizer = tokenizer
        names = (TRANSLATE, SEPARATOR, SUMMARIZE, PREVIOUS)
        self.translate_id, self.separator_id, self.summarize_id, self.previous_id = map(tokenizer.token_to_id, names)

    def ids(self, text: str) -> list[int]:
        """A cleaned text's token ids."""
        return self.tokenizer.encode(clean(text)).ids

    def translation(self, arabic: str, previous: str | None = None) -> list[int]:
        """`<bos> <unused0> ARABIC <unused1>`, with `<unused4> PREVIOUS` in front if there is a previous sentence."""
        context = [self.previous_id, *self.ids(previous)] if previous else []
        return [BOS, *context, self.translate_id, *self.ids(arabic), self.separator_id]

    def summary(self, article: str) -> list[int]:
        """`<bos> <unused2> ARTICLE <unused1>` with as much of an English or Arabic article as the model reads."""
        return [BOS, self.summarize_id, *self.ids(article)[:ARTICLE_TOKENS], self.separator_id]

    def answer(self, english: str) -> list[int]:
        """`ENGLISH <eos>`."""
        return [*self.ids(english), EOS]

    def text(self, ids: list[int]) -> str:
        """The text that the model wrote."""
        return self.tokenizer.decode(ids).strip()
