"""Vocabularies as GGUF and `tokenizer.json` have them: SentencePiece BPE in which a lower id is an earlier merge."""

import json
from dataclasses import dataclass

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

from .shape import BOS, EOS, PAD

NORMAL, UNKNOWN, CONTROL, ADDED, BYTE = 1, 2, 3, 4, 6
"""Kinds of tokens, numbered as in GGUF. Added ones are found in a text before the merges begin."""

SPECIALS = ["<pad>", "<eos>", "<bos>", "<unk>", *(f"<unused{i}>" for i in range(10))]
"""The control tokens that are kept, in the order of their ids."""

UNK = "<unk>"
assert [SPECIALS.index(t) for t in ("<pad>", "<eos>", "<bos>")] == [PAD, EOS, BOS]


@dataclass
class Vocabulary:
    """Tokens in the order of their ids, and the kind of each."""

    tokens: list[str]
    kinds: list[int]

    def of(self, *kinds: int) -> list[str]:
        """The tokens of some kinds, in the order of their ids; of `NORMAL`, that is the order of the merges."""
        return [t for t, kind in zip(self.tokens, self.kinds, strict=True) if kind in kinds]

    def tokenizer(self) -> Tokenizer:
        """The tokenizer of this vocabulary."""
        ids = {token: i for i, token in enumerate(self.tokens)}
        normal = self.of(NORMAL)
        known = set(normal)
        merges = []
        for token in normal:
            halves = [(token[:i], token[i:]) for i in range(1, len(token))]
            halves = [(a, b) for a, b in halves if a in known and b in known]
            merges += sorted(halves, key=lambda pair: (ids[pair[0]], ids[pair[1]]))
        bpe = models.BPE(vocab=ids, merges=merges, unk_token=UNK, fuse_unk=True, byte_fallback=True)
        tokenizer = Tokenizer(bpe)
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
        tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in self.of(CONTROL, UNKNOWN)])
        tokenizer.add_tokens([AddedToken(t, normalized=False) for t in self.of(ADDED)])
        return tokenizer


def from_json(text: str) -> Vocabulary:
    """The vocabulary of a `tokenizer.json`, given its text."""
    file = json.loads(text)
    ids = dict(file["model"]["vocab"])
    added = {a["content"]: a["special"] for a in file["added_tokens"]}
    ids |= {a["content"]: a["id"] for a in file["added_tokens"]}
    tokens = sorted(ids, key=ids.__getitem__)

    def kind(token: str) -> int:
        if token in added:
            return UNKNOWN if token == UNK else CONTROL if added[token] else ADDED
        return BYTE if len(token) == 6 and token.startswith("<0x") else NORMAL

    return Vocabulary(tokens, [kind(t) for t in tokens])
