"""What run.py measures: experiments, whose sides take turns, and the rows of the table that are made of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from prepare import DEFAULT, FORCED, HERE, KHULASA, MODELS, PYTHON, TEXTS

THREADS = 2


@dataclass(frozen=True)
class Experiment:
    """Sides with their commands; where a side has several, the fastest is chosen in a first round."""

    group: str
    sides: dict[str, list]
    # What every side has to have done, from its figures.
    work: Callable[[dict], int] = lambda figures: figures["output_tokens"]
    # Whether it is the same every time.
    once: bool = False

    def check(self, figures):
        """Raises an error if one side did less than another."""
        done = {side: self.work(it) for side, it in figures.items()}
        if len(set(done.values())) > 1:
            raise SystemExit(f"the sides did not do the same work: {done}")


@dataclass(frozen=True)
class Metric:
    """Something measured of a run."""

    unit: str
    of: Callable[[dict], float]
    more_is_better: bool
    decimals: int = 0

    def show(self, value):
        return f"{value:,.{self.decimals}f}"


@dataclass(frozen=True)
class Row:
    """A line of the table: a metric of two sides of an experiment, and the ratio that is aimed at."""

    workload: str
    experiment: str
    metric: Metric
    target: float | None
    sides: tuple[str, str] = ("khulasa", "CTranslate2 int8")


SPEED = Metric("tokens/s", lambda run: run["output_tokens"] / run["seconds"], True)
MEMORY = Metric("MB", lambda run: run["peak_bytes"] / 1e6, False)
START = Metric("s", lambda run: run["figures_seconds"], False, 3)
ERROR = Metric("of log-probabilities", lambda run: run["error"], False, 4)
WHOLE = Metric("s", lambda run: run["process_seconds"], False, 1)
LOADED = Metric("s", lambda run: run["load_seconds"] + run["seconds"], False, 3)


def khulasa(model, prompts, *options, threads=THREADS):
    """khulasa's side with forced lengths, of a shape by its name or a model by its path."""
    path = MODELS / model / "khulasa" if isinstance(model, str) else model
    return [[FORCED, path, prompts, "--threads", threads, *options]]


def ctranslate2(model, prompts, *options, threads=THREADS, workers=(1, 2)):
    """CTranslate2's: one batch with all threads, or as many batches at once as there are threads."""
    command = [PYTHON, HERE / "ctranslate2_forced.py", MODELS / model / "ctranslate2", prompts, *options]
    return [[*command, "--threads", threads, "--workers", it] for it in workers if it <= threads]


def llama_cpp(prompts, *batches):
    """llama.cpp's, with some numbers of sequences at once, each with a cache of its own or all in one."""
    command = [PYTHON, HERE / "llama_cpp_forced.py", MODELS / "default/model.gguf", prompts, "--threads", THREADS]
    return [
        [*command, "--batch", batch, "--unified", unified]
        for batch in batches
        for unified in ((0, 1) if batch > 1 else (0,))
    ]


def texts_khulasa():
    """The program on the folder of texts."""
    options = ["--quiet", "--no-repair", "--beam", 1, "--threads", THREADS, "--format", "jsonl"]
    return [[KHULASA, "translate", *options, "--model", MODELS / "opus/khulasa", "--output", TRANSLATED, TEXTS]]


def texts_ctranslate2():
    """A script for CTranslate2 on the same."""
    command = [PYTHON, HERE / "ctranslate2_texts.py", MODELS / "opus", MODELS / "opus/translated", TEXTS]
    return [[*command, "--threads", THREADS, "--workers", workers] for workers in (1, 2)]


def sentences(figures):
    """The sentences that a script says it translated, or those that the program wrote."""
    if "sentences" in figures:
        return figures["sentences"]
    digests = map(json.loads, TRANSLATED.read_text().splitlines())
    paragraphs = (paragraph for digest in digests for paragraph in digest["translation"]["paragraphs"])
    return sum(sentence["target"] is not None for paragraph in paragraphs for sentence in paragraph["sentences"])


OPUS = MODELS / "opus/prompts-64.jsonl"
ONE_BY_ONE = MODELS / "opus/prompts-16.jsonl"
NEWS = MODELS / "default/article.jsonl"
FIRST = MODELS / "default/first.jsonl"
TRANSLATED = MODELS / "opus/translated.jsonl"

EXPERIMENTS = {
    "OPUS-MT shape, batch 32, greedy": Experiment(
        "opus",
        {
            "khulasa": khulasa("opus", OPUS),
            "CTranslate2 int8": ctranslate2("opus", OPUS),
            "khulasa, 1 thread": khulasa("opus", OPUS, threads=1),
            "CTranslate2 int8, 1 thread": ctranslate2("opus", OPUS, threads=1),
        },
    ),
    "OPUS-MT shape, batch 32, beam 4": Experiment(
        "opus",
        {
            "khulasa": khulasa("opus", OPUS, "--beam", 4),
            "CTranslate2 int8": ctranslate2("opus", OPUS, "--beam", 4),
        },
    ),
    "OPUS-MT shape, one by one": Experiment(
        "opus",
        {
            "khulasa": khulasa("opus", ONE_BY_ONE, "--batch", 1),
            "CTranslate2 int8": ctranslate2("opus", ONE_BY_ONE, "--batch", 1, workers=(1,)),
        },
    ),
    "tc-big shape, batch 32, greedy": Experiment(
        "tc-big",
        {
            "khulasa": khulasa("tc-big", MODELS / "tc-big/prompts-64.jsonl"),
            "CTranslate2 int8": ctranslate2("tc-big", MODELS / "tc-big/prompts-64.jsonl"),
        },
    ),
    "NLLB-600M shape, batch 8, greedy": Experiment(
        "nllb",
        {
            "khulasa": khulasa("nllb", MODELS / "nllb/prompts-16.jsonl", "--batch", 8),
            "CTranslate2 int8": ctranslate2("nllb", MODELS / "nllb/prompts-16.jsonl", "--batch", 8),
        },
    ),
    "sentences end to end": Experiment(
        "texts", {"khulasa": texts_khulasa(), "CTranslate2 int8": texts_ctranslate2()}, sentences
    ),
    "int8 against float32": Experiment(
        "error",
        {
            "khulasa": [[PYTHON, HERE / "int8_error.py", "khulasa", MODELS / "opus"]],
            "CTranslate2 int8": [[PYTHON, HERE / "int8_error.py", "ctranslate2", MODELS / "opus"]],
        },
        once=True,
    ),
    "default model, one article": Experiment(
        "default",
        {"khulasa": khulasa(DEFAULT, NEWS), "llama.cpp": llama_cpp(NEWS, 16, 32)},
    ),
    "default model, one by one": Experiment(
        "default",
        {"khulasa": khulasa(DEFAULT, NEWS, "--batch", 1), "llama.cpp": llama_cpp(NEWS, 1)},
    ),
    "default model, first token": Experiment(
        "default",
        {"khulasa": khulasa(DEFAULT, FIRST, "--batch", 1), "llama.cpp": llama_cpp(FIRST, 1)},
    ),
}

LLAMA = ("khulasa", "llama.cpp")
ROWS = [
    Row("OPUS-MT shape, batch 32, greedy", "OPUS-MT shape, batch 32, greedy", SPEED, 2.5),
    Row("the same, beam 4", "OPUS-MT shape, batch 32, beam 4", SPEED, 2.5),
    Row("the same, batch 1 (latency)", "OPUS-MT shape, one by one", SPEED, 2.5),
    Row(
        "the same, batch 32, greedy, 1 thread each",
        "OPUS-MT shape, batch 32, greedy",
        SPEED,
        None,
        ("khulasa, 1 thread", "CTranslate2 int8, 1 thread"),
    ),
    Row("tc-big shape, batch 32, greedy", "tc-big shape, batch 32, greedy", SPEED, None),
    Row("NLLB-600M shape, batch 8, greedy", "NLLB-600M shape, batch 8, greedy", SPEED, 1.5),
    Row("articles end to end, OPUS-MT shape", "sentences end to end", WHOLE, None),
    Row("default model, one article", "default model, one article", SPEED, 2, LLAMA),
    Row("the same, a sentence at a time", "default model, one by one", SPEED, None, LLAMA),
    Row("cold start to first token, default", "default model, first token", START, 1, LLAMA),
    Row("the same without the start of the process", "default model, first token", LOADED, None, LLAMA),
    Row("peak memory, OPUS-MT shape", "OPUS-MT shape, batch 32, greedy", MEMORY, 1),
    Row("peak memory, default", "default model, one article", MEMORY, None, LLAMA),
    Row("error of int8, OPUS-MT shape", "int8 against float32", ERROR, 1),
    Row("2 threads against 1", "OPUS-MT shape, batch 32, greedy", SPEED, 1.8, ("khulasa", "khulasa, 1 thread")),
]
