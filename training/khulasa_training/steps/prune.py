"""Cuts a checkpoint's vocabulary to Arabic and English: most of Gemma 3 270M is an embedding for 140 languages.

The tokens that answers may have come first, so that the output head is a prefix of the embedding; tokens with Arabic
letters are only read, and stand behind them.
"""

import argparse
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

from wordfreq import top_n_list, zipf_frequency

from .. import checkpoint, vocabulary
from ..checkpoint import Checkpoint
from ..errors import TrainingError
from ..shape import Shape
from ..sources import SOURCES, read_table
from ..vocabulary import ADDED, BYTE, CONTROL, NORMAL, SPECIALS, UNK, UNKNOWN, Vocabulary

ARABIC = re.compile("[\u0600-\u06ff]")
ARABIC_TOKEN = re.compile("▁?[\u0621-\u0652\u0670\u060c\u061b\u061f\u0640\u0660-\u066c]+")
PUNCTUATION = re.compile("▁?[!-/:-@\\[-`{-~–—‘’“”…]{1,3}")
EARLY = 120_000
"""Runs of punctuation with later ids are rare."""

CHARACTERS = [range(0x250), range(0x600, 0x660), range(0x2010, 0x2040), [ord(c) for c in "▁€™°′″−﷼"]]
ENGLISH_WORDS = 120_000
TEXT_WEIGHT = 30
"""What a token's occurrence in the sources counts beside a word's frequency per billion."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("base", type=Path, help="folder of a checkpoint")
    parser.add_argument("out", type=Path, help="folder of the smaller checkpoint")
    parser.add_argument("--size", type=int, default=40_960, help="tokens to keep (default: 40960)")
    parser.add_argument("--sources", type=Path, default=SOURCES, help="table of sources whose words count, too")
    parser.add_argument("--pairs", type=Path, help="folder of the sources that are not in the corpus")


def spellings(word: str, lower: float, upper: float) -> list[tuple[str, float]]:
    """An English word as it stands in sentences, with how often: in lower case, and capitalised."""
    frequency = lower + upper
    title = word.capitalize()
    return [(" " + word, lower), (" " + title, upper), (title, frequency / 10), (word, frequency / 40)] + (
        [(" " + word.upper(), frequency / 40)] if len(word) < 6 else []
    )


def counts(model: Checkpoint, rank: dict[str, int], texts: list[str]) -> Counter[str]:
    """How often tokens are needed: for English words by their frequency, and for the sources' texts."""
    tokenizer = model.load_tokenizer()
    weighted: list[tuple[str, float]] = []
    for word in top_n_list("en", ENGLISH_WORDS, wordlist="large"):
        frequency = 10 ** zipf_frequency(word, "en", wordlist="large")
        late = 1 << 30
        is_name = rank.get("▁" + word.capitalize(), late) < rank.get("▁" + word, late)
        weighted += spellings(word, *((frequency / 3, frequency) if is_name else (frequency, frequency / 8)))
    total: Counter[str] = Counter()
    for (_, weight), encoded in zip(weighted, tokenizer.encode_batch([w for w, _ in weighted]), strict=True):
        for token in encoded.tokens:
            total[token] += weight
    seen = Counter(token for encoded in tokenizer.encode_batch(texts) for token in encoded.tokens)
    for token, number in seen.items():
        total[token] += number * TEXT_WEIGHT if number > 2 else 0
    return total


def needed(token: str, rank: dict[str, int]) -> list[str]:
    """A token with all that merges make on the way to it."""
    pieces, made = list(token), []
    while len(pieces) > 1:
        late = 1 << 30
        order, at = min((rank.get(a + b, late), i) for i, (a, b) in enumerate(pairwise(pieces)))
        if order == late:
            break
        pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
        made.append(pieces[at])
    return [*made, token]


def choose(words: Vocabulary, needs: Counter[str], rank: dict[str, int], size: int) -> Vocabulary:
    """The vocabulary of the given size: all Arabic, all characters that texts have, and what is needed most."""
    fixed = [*SPECIALS, *(f"<0x{i:02X}>" for i in range(256)), "\n", "\n\n"]
    kinds = [UNKNOWN if t == UNK else CONTROL for t in SPECIALS] + [BYTE] * 256 + [ADDED] * 2
    characters = {t for t in rank if len(t) == 1 and any(ord(t) in some for some in CHARACTERS)}
    keep = characters | {t for t in rank if ARABIC_TOKEN.fullmatch(t)}
    keep |= {t for t, place in rank.items() if place < EARLY and PUNCTUATION.fullmatch(t)}
    room = size - len(fixed)
    if len(keep) > room:
        raise TrainingError(
            f"--size {size} is too small: Arabic and single characters alone need {len(keep) + len(fixed)}"
        )
    for token, _ in needs.most_common():
        more = {t for t in needed(token, rank) if t in rank} - keep if token in rank else set()
        if len(keep) + len(more) <= room:
            keep |= more
    normal = sorted(keep, key=rank.__getitem__)
    ordered = [t for t in normal if not ARABIC.search(t)] + [t for t in normal if ARABIC.search(t)]
    return Vocabulary([*fixed, *ordered], kinds + [NORMAL] * len(ordered))


def run(args: argparse.Namespace) -> None:
    """Does it."""
    model = checkpoint.load(args.base)
    words = vocabulary.from_json(model.tokenizer)
    rank = {t: i for i, (t, kind) in enumerate(zip(words.tokens, words.kinds, strict=True)) if kind == NORMAL}
    sources = read_table(args.sources, args.pairs).sources
    texts = [text for source in sources for pair in source.all_pairs() for text in pair]
    kept = choose(words, counts(model, rank, texts), rank, args.size)
    place = {t: i for i, t in enumerate(words.tokens)}
    model.weights["embedding"] = model.weights["embedding"][[place[t] for t in kept.tokens]]
    output = sum(not ARABIC.search(t) for t in kept.tokens)
    sizes = model.shape.config() | {"vocab_size": len(kept.tokens), "output_vocab": output}
    small = Checkpoint(Shape.from_config(sizes), model.weights, kept.tokenizer().to_str())
    checkpoint.save(small, args.out)
    before, after = (m.load_tokenizer().encode_batch(texts[:2000]) for m in (model, small))
    lengths = [sum(len(e.ids) for e in encoded) for encoded in (before, after)]
    print(f"{args.out}: {len(kept.tokens)} of {len(words.tokens)} tokens, {output} of them for answers;")
    print(f"{len(before)} texts have {lengths[1]} tokens instead of {lengths[0]}")
