"""Makes the checkpoint that training starts from: the markers of the tasks get embeddings that mean something.

Embeddings are not trained, so what is set here stays. A marker that has been set before is left as it is.
"""

import argparse
from pathlib import Path

import torch
from torch.nn.functional import cosine_similarity

from .. import checkpoint, gguf_file, vocabulary
from ..checkpoint import Checkpoint
from ..prompts import PREVIOUS, SEPARATOR, SUMMARIZE, TRANSLATE

MEANINGS = {
    TRANSLATE: ("▁Arabic", "▁translate"),
    SEPARATOR: ("\n", "▁English"),
    SUMMARIZE: ("▁summary", "▁English"),
    PREVIOUS: ("▁previous", "▁context"),
}
"""The tokens whose mean embedding a marker gets."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("source", type=Path, help="folder of a pruned checkpoint, or a GGUF file (of shards the first)")
    parser.add_argument("out", type=Path, help="folder of the checkpoint")


def set_markers(model: Checkpoint) -> list[str]:
    """Sets the markers' embeddings where they are not what they should be. Returns which were set."""
    words = vocabulary.from_json(model.tokenizer).tokens
    embedding, changed = model.weights["embedding"], []
    for marker, meanings in MEANINGS.items():
        known = [words.index(m) for m in meanings if m in words]
        if not known:
            continue
        mean, row = embedding[known].mean(0), words.index(marker)
        if cosine_similarity(embedding[row], mean, dim=0) < 0.99:
            embedding[row] = mean
            changed.append(marker)
    return changed


def run(args: argparse.Namespace) -> None:
    """Does it. The weights of a GGUF file are kept as they are, in float32."""
    if args.source.is_dir():
        model, dtype = checkpoint.load(args.source), torch.bfloat16
    else:
        shape, weights, words = gguf_file.read(args.source)
        model, dtype = Checkpoint(shape, weights, words.tokenizer().to_str()), torch.float32
    changed = set_markers(model)
    checkpoint.save(model, args.out, dtype)
    print(f"{args.out}: set {', '.join(changed) or 'no marker'}")
