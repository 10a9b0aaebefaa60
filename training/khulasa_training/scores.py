"""Scores of translations and summaries."""

from importlib.metadata import version
from typing import Any

import sacrebleu
from rouge_score.rouge_scorer import RougeScorer

from .decode import Decoder
from .sets import Article, EvaluationSet

LEAD = 3
"""Sentences of the reference translation that a summary has to beat."""


def translation_scores(output: list[str], reference: list[str]) -> dict[str, Any]:
    """BLEU and chrF with sacrebleu's signatures."""
    bleu, chrf = sacrebleu.BLEU(), sacrebleu.CHRF()
    scores = {name: round(m.corpus_score(output, [reference]).score, 2) for name, m in (("bleu", bleu), ("chrf", chrf))}
    signatures = {"bleu_signature": str(bleu.get_signature()), "chrf_signature": str(chrf.get_signature())}
    return {"lines": len(output)} | scores | signatures


def summary_scores(output: list[str], reference: list[str]) -> dict[str, float]:
    """Mean F1 (per cent) of ROUGE-1, ROUGE-2 and ROUGE-L, words stemmed."""
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    each = [scorer.score(r, o) for o, r in zip(output, reference, strict=True)]
    return {m: round(100 * sum(s[m].fmeasure for s in each) / len(each), 2) for m in each[0]}


def measure(decoder: Decoder, tests: list[EvaluationSet]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Scores of a model on all sets, and what it wrote, by set."""
    scores: dict[str, Any] = {"search": "greedy", "translation": {}, "summary": {}}
    written: dict[str, list[str]] = {}

    prompts = decoder.prompts
    for test in tests:
        ways = {test.name: [prompts.translation(arabic) for arabic, _ in test.pairs]}
        if any(test.previous):
            rows = zip(test.pairs, test.previous, strict=True)
            ways[f"{test.name}, with context"] = [prompts.translation(arabic, before) for (arabic, _), before in rows]
        for name, asked in ways.items():
            written[name] = decoder.texts(asked)
            scores["translation"][name] = translation_scores(written[name], [english for _, english in test.pairs])
        if test.articles:
            summaries = summarize(decoder, test.articles)
            reference = [a.summary for a in test.articles]
            scores["summary"][test.name] = {
                "articles": len(reference),
                "rouge_score": version("rouge-score"),
            } | {name: summary_scores(output, reference) for name, output in summaries.items()}
            written |= {f"{test.name}, summaries {name}": output for name, output in summaries.items()}
    return scores, written


def summarize(decoder: Decoder, articles: list[Article]) -> dict[str, list[str]]:
    """Summaries of articles, from the English and from the Arabic, and the first sentences as a baseline."""
    made = {
        name: decoder.texts([decoder.prompts.summary(a.side(language)) for a in articles])
        for name, language in (("from English", 1), ("from Arabic", 0))
    }
    return made | {f"lead {LEAD}": [" ".join(en for _, en in a.sentences[:LEAD]) for a in articles]}


def table(scores: dict[str, Any]) -> str:
    """The scores of one model as Markdown tables."""
    rows = ["| set | sentences | BLEU | chrF |", "|---|---|---|---|"]
    for name, s in scores["translation"].items():
        rows.append(f"| {name} | {s['lines']} | {s['bleu']:.2f} | {s['chrf']:.2f} |")
    if scores["summary"]:
        rows += ["", "| summaries | articles | ROUGE-1 | ROUGE-2 | ROUGE-L |", "|---|---|---|---|---|"]
    for name, s in scores["summary"].items():
        for kind, r in s.items():
            if isinstance(r, dict):
                rouge = f"{r['rouge1']:.2f} | {r['rouge2']:.2f} | {r['rougeL']:.2f}"
                rows.append(f"| {name}, {kind} | {s['articles']} | {rouge} |")
    return "\n".join(rows)
