"""Writes scores, and the sources of the training data, into a model card: between `<!-- scores -->` and
`<!-- /scores -->`, and between `<!-- sources -->` and `<!-- /sources -->`. What stands elsewhere stays."""

import argparse
import json
import re
from pathlib import Path
from typing import Any

from ..errors import TrainingError
from ..sources import SOURCES, read_toml


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("card", type=Path, help="the card, a Markdown file")
    parser.add_argument("scores", nargs="+", metavar="LABEL=FILE", help="a row's label, and what `evaluate` wrote")
    parser.add_argument("--sources", type=Path, default=SOURCES, help="table of sources")


def translation_table(records: list[dict[str, Any]]) -> list[str]:
    """BLEU and chrF of all models on all sets."""
    sets = list(dict.fromkeys(name for record in records for name in record["translation"]))
    rows = [f"| weights, BLEU / chrF | {' | '.join(sets)} |", "|---" * (len(sets) + 1) + "|"]
    for record in records:
        cells = [record["translation"].get(name) for name in sets]
        texts = [f"{c['bleu']:.2f} / {c['chrf']:.2f} ({c['lines']} lines)" if c else "" for c in cells]
        rows.append(f"| {record['checkpoint']} | {' | '.join(texts)} |")
    return rows


def summary_table(records: list[dict[str, Any]]) -> list[str]:
    """ROUGE of all models' summaries."""
    rows = ["| summaries | set | articles | ROUGE-1 | ROUGE-2 | ROUGE-L |", "|---" * 6 + "|"]
    for record in records:
        for name, score in record["summary"].items():
            for kind in (k for k, v in score.items() if isinstance(v, dict)):
                rouge = " | ".join(f"{score[kind][f'rouge{n}']:.2f}" for n in "12L")
                rows.append(f"| {record['checkpoint']}, {kind} | {name} | {score['articles']} | {rouge} |")
    return rows if len(rows) > 2 else []


def scores_text(records: list[dict[str, Any]]) -> str:
    """All tables, and how they were measured."""
    first = next(iter(records[0]["translation"].values()))
    how = f"Greedy search, {first['bleu_signature']} and {first['chrf_signature']} (sacrebleu)"
    summaries = summary_table(records)
    if summaries:
        version = next(iter(records[0]["summary"].values()))["rouge_score"]
        how += f"; F1 by rouge-score {version}, stemmed"
    return "\n".join([*translation_table(records), "", *summaries, *([""] if summaries else []), f"{how}."])


def sources_text(path: Path) -> str:
    """What the table of sources says, licences included."""
    rows = ["| source | licence | times an epoch |", "|---|---|---|"]
    entries = read_toml(path)["sources"]
    rows += [f"| {e['about']} (`{e['files'].partition('/')[2]}`) | {e['licence']} | {e['weight']:g} |" for e in entries]
    return "\n".join(rows)


def fill(card: str, name: str, text: str) -> str:
    """A card with the given text between its marks."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(card):
        raise TrainingError(f"the card has no <!-- {name} --> and <!-- /{name} -->")
    return pattern.sub(lambda found: f"{found[1]}{text}\n{found[2]}", card)


def run(args: argparse.Namespace) -> None:
    """Does it."""
    records = []
    for label, _, file in (score.rpartition("=") for score in args.scores):
        if not label:
            raise TrainingError(f"{file}: scores are given as LABEL=FILE")
        records.append(json.loads(Path(file).read_text()) | {"checkpoint": label})
    card = fill(args.card.read_text(encoding="utf-8"), "scores", scores_text(records))
    args.card.write_text(fill(card, "sources", sources_text(args.sources)), encoding="utf-8")
    print(f"{args.card}: scores of {', '.join(record['checkpoint'] for record in records)}")
