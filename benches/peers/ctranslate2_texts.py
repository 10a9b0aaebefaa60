"""Translates a folder of texts with CTranslate2, as a script that one would write for it.

    python benches/peers/ctranslate2_texts.py MODEL OUTPUT FOLDER [--threads 2] [--workers 1]

MODEL is a folder of random_model.py. Sentences end where those of texts.py do; each gets 32 tokens, as many as the
model's generation_config.json has khulasa write. A text's translation is a file in OUTPUT, its paragraphs on lines.
"""

import argparse
import json
import re
from pathlib import Path

import ctranslate2
import sentencepiece

LENGTH = 32


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("model", "output", "texts"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


def main(args):
    translator = ctranslate2.Translator(
        str(args.model / "ctranslate2"),
        compute_type="int8",
        inter_threads=args.workers,
        intra_threads=args.threads // args.workers,
    )
    pieces = sentencepiece.SentencePieceProcessor(str(args.model / "khulasa/source.spm"))
    ids = json.loads((args.model / "khulasa/vocab.json").read_text())
    names = {str(id): name for name, id in ids.items()}
    files = sorted(args.texts.iterdir())
    # Every sentence, with its place: the text and the paragraph in it.
    sentences = [
        ((file, number), sentence)
        for file in files
        for number, paragraph in enumerate(filter(None, file.read_text().splitlines()))
        for sentence in re.split(r"(?<=[.؟!])\s+", paragraph)
    ]
    results = translator.translate_batch(
        [[str(ids.get(p, ids["<unk>"])) for p in pieces.encode(s, out_type=str)] + [str(ids["</s>"])] for _, s in sentences],
        max_batch_size=32,
        beam_size=1,
        min_decoding_length=LENGTH,
        max_decoding_length=LENGTH,
    )
    translated = {file: {} for file in files}
    for ((file, paragraph), _), result in zip(sentences, results, strict=True):
        english = pieces.decode([names[token] for token in result.hypotheses[0]])
        translated[file].setdefault(paragraph, []).append(english)
    args.output.mkdir(exist_ok=True)
    for file, paragraphs in translated.items():
        (args.output / file.name).write_text("\n".join(map(" ".join, paragraphs.values())) + "\n")
    return {"sentences": len(results)}


if __name__ == "__main__":
    print(json.dumps(main(arguments())))
