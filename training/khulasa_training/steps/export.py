"""Writes a checkpoint as a GGUF file, split where it would be too large, and a card: how khulasa is to use it."""

import argparse
from pathlib import Path

from .. import checkpoint, gguf_file, vocabulary
from ..errors import TrainingError
from ..prompts import ARTICLE_TOKENS, SEPARATOR, SUMMARIZE, TRANSLATE
from ..quantize import FILE_TYPES

CARD = """\
name = "{name}"
description = "Modern Standard Arabic news to English, and short English summaries"
source = "Gemma 3 270M by Google DeepMind, its vocabulary cut and its weights fine-tuned"
licence = "Gemma Terms of Use"
notice = "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms"
languages = ["ar", "en"]
quality = "unknown"
quality_source = "not measured"
file = "{file}"

[translate]
prompt = "<bos>{translate}{{text}}{separator}"
input_tokens = 160
beam = 2

[summarize]
reads = "en"
prompt = "<bos>{summarize}{{text}}{separator}"
input_tokens = {article}
beam = 2
max_output_tokens = 160
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("checkpoint", type=Path, help="folder of a checkpoint")
    parser.add_argument(
        "out",
        type=Path,
        help="FOLDER/NAME: writes FOLDER/NAME.gguf, or shards of that name, and card.toml if there is none",
    )
    parser.add_argument(
        "--types",
        nargs="+",
        default=["default=Q8_0"],
        metavar="TENSOR=TYPE",
        help=f"types of token_embd, attn_q, ffn_down, …, and of all others (default): {', '.join(FILE_TYPES)}",
    )


def run(args: argparse.Namespace) -> None:
    """Does it."""
    types = dict(t.partition("=")[::2] for t in args.types)
    if "default" not in types or not set(types.values()) <= FILE_TYPES.keys():
        raise TrainingError(f"--types {' '.join(args.types)}: wants default=TYPE, and types {', '.join(FILE_TYPES)}")
    model = checkpoint.load(args.checkpoint)
    words = vocabulary.from_json(model.tokenizer)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    files = gguf_file.write(args.out, args.out.name, model.shape, model.weights, words, types)
    for file in files:
        print(f"{file}: {file.stat().st_size / 1e6:.2f} MB")
    card = args.out.with_name("card.toml")
    if not card.exists():
        markers = {"translate": TRANSLATE, "summarize": SUMMARIZE, "separator": SEPARATOR}
        card.write_text(CARD.format(name=args.out.name, file=files[0].name, article=ARTICLE_TOKENS, **markers))
