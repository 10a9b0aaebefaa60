"""Measures khulasa against its peers on this machine, in turns, and prints how many times better it is.

    python3 benches/peers/run.py [--quick] [--only GROUP…]

Needs cargo, Python 3.11 and, the first time, the network: it builds khulasa, makes a virtual environment with the
peers under target/ and writes the models there. Nothing else should run meanwhile. Both sides have the same weights,
token ids, forced output lengths and threads; every measurement is a fresh process. A peer gets the best of its
settings, tried in a first round. Medians and their ratios are printed as a table, and everything measured is written
to benches/results/.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import time
import venv
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WORK = ROOT / "target/peers"
PYTHON = WORK / "venv/bin/python"
FORCED = ROOT / "target/release/examples/forced"
THREADS = 2


@dataclass(frozen=True)
class Metric:
    """Something measured of a run."""

    unit: str
    of: callable
    more_is_better: bool

    def ratio(self, ours, peer):
        return ours / peer if self.more_is_better else peer / ours


SPEED = Metric("tokens/s", lambda run: run["output_tokens"] / run["seconds"], True)
MEMORY = Metric("MB at most", lambda run: run["peak_bytes"] / 1e6, False)


@dataclass(frozen=True)
class Row:
    """A line of the table: a metric of two sides of an experiment, and the ratio that is aimed at."""

    workload: str
    experiment: str
    metric: Metric
    target: float | None
    sides: tuple[str, str] = ("khulasa", "CTranslate2 int8")


@dataclass(frozen=True)
class Experiment:
    """Commands that are run in turns, by what they measure; of some there are several to choose the fastest from."""

    group: str
    sides: dict


def forced(model, *options):
    """khulasa's side of a workload with forced lengths."""
    return [[FORCED, WORK / "models" / model / "khulasa", WORK / "models" / model / "prompts.jsonl", *options]]


def ctranslate2(model, *options, threads=THREADS):
    """CTranslate2's: one batch with all threads, or as many batches at once as there are threads."""
    folder = WORK / "models" / model
    command = [PYTHON, HERE / "ctranslate2_forced.py", folder / "ctranslate2", folder / "prompts.jsonl", *options]
    command += ["--threads", threads]
    return [[*command, "--workers", workers] for workers in sorted({1, threads})]


EXPERIMENTS = {
    "OPUS-MT shape, batch 32, greedy": Experiment(
        "opus",
        {
            "khulasa": forced("opus"),
            "CTranslate2 int8": ctranslate2("opus"),
            "khulasa, 1 thread": forced("opus", "--threads", 1),
            "CTranslate2 int8, 1 thread": ctranslate2("opus", threads=1),
        },
    ),
    "OPUS-MT shape, batch 32, beam 4": Experiment(
        "opus",
        {"khulasa": forced("opus", "--beam", 4), "CTranslate2 int8": ctranslate2("opus", "--beam", 4)},
    ),
    "OPUS-MT shape, batch 1": Experiment(
        "opus",
        {
            "khulasa": forced("opus", "--batch", 1, "--prompts", 16),
            "CTranslate2 int8": ctranslate2("opus", "--batch", 1, "--prompts", 16)[:1],
        },
    ),
}

ROWS = [
    Row("OPUS-MT shape, batch 32, greedy", "OPUS-MT shape, batch 32, greedy", SPEED, 2.5),
    Row("the same, beam 4", "OPUS-MT shape, batch 32, beam 4", SPEED, 2.5),
    Row("the same, batch 1 (latency)", "OPUS-MT shape, batch 1", SPEED, 2.5),
    Row(
        "the same, batch 32, greedy, 1 thread",
        "OPUS-MT shape, batch 32, greedy",
        SPEED,
        None,
        ("khulasa, 1 thread", "CTranslate2 int8, 1 thread"),
    ),
    Row("peak memory, OPUS-MT shape", "OPUS-MT shape, batch 32, greedy", MEMORY, 1.0),
    Row(
        "2 threads against 1",
        "OPUS-MT shape, batch 32, greedy",
        SPEED,
        1.8,
        ("khulasa", "khulasa, 1 thread"),
    ),
]


def output(*command):
    """Runs a command; returns what it prints."""
    return subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def prepare(groups):
    """The programs, the peers and the models of some groups."""
    output("cargo", "build", "--release", "--locked", "--package", "khulasa-inference", "--example", "forced")
    if not PYTHON.exists():
        venv.create(PYTHON.parents[1], with_pip=True)
    output(PYTHON, "-m", "pip", "install", "--quiet", "--requirement", HERE / "requirements.txt")
    for model in ("opus",):
        folder = WORK / "models" / model
        if model in groups and not (folder / "prompts.jsonl").exists():
            output(PYTHON, HERE / "random_model.py", model, folder)


def measure(command):
    """Runs a command in a process of its own; returns the figures that it prints, with what the system says of it."""
    started = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, cwd=ROOT)
    with process.stdout as pipe:
        line = pipe.readline()
        wall = time.perf_counter() - started
        pipe.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    figures = json.loads(line)
    del figures["outputs"]
    unit = 1 if platform.system() == "Darwin" else 1024
    return {**figures, "wall_seconds": wall, "peak_bytes": usage.ru_maxrss * unit}


def run(experiment, rounds):
    """Measures the sides of an experiment in turns; each with the fastest of its commands."""
    tried = {}
    chosen = {}
    for side, commands in experiment.sides.items():
        runs = [(command, measure(command)) for command in commands] if len(commands) > 1 else []
        chosen[side] = min(runs, key=lambda it: it[1]["seconds"])[0] if runs else commands[0]
        if runs:
            tried[side] = [{"command": printable(command), **figures} for command, figures in runs]
    measured = [{side: measure(command) for side, command in chosen.items()} for _ in range(rounds)]
    return {
        "commands": {side: printable(command) for side, command in chosen.items()},
        "settings_tried": tried,
        "rounds": measured,
    }


def printable(command):
    """A command without this machine's paths."""
    return " ".join(str(part).replace(f"{ROOT}/", "") for part in command)


def table(results):
    """The rows of which the experiment was run, as Markdown."""
    lines = ["| workload | against | at least | measured | medians |", "|---|---|---|---|---|"]
    for row in ROWS:
        if row.experiment not in results:
            continue
        rounds = results[row.experiment]["rounds"]
        ours, peer = (statistics.median(row.metric.of(r[side]) for r in rounds) for side in row.sides)
        target = f"{row.target:g} ×" if row.target else ""
        medians = f"{ours:,.0f} against {peer:,.0f} {row.metric.unit}"
        ratio = row.metric.ratio(ours, peer)
        lines.append(f"| {row.workload} | {row.sides[1]} | {target} | {ratio:.2f} × | {medians} |")
    return "\n".join(lines)


def processor():
    """What /proc/cpuinfo calls the processor, with what of its instructions matters."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    fields = dict(reversed([(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in lines)]))
    known = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx_vnni") if flag in fields.get("flags", "").split()]
    return f"{fields.get('model name', 'unknown')}, {os.cpu_count()} processors, {' '.join(known)}"


def main(args):
    groups = args.only or sorted({experiment.group for experiment in EXPERIMENTS.values()})
    prepare(groups)
    started = time.perf_counter()
    results = {}
    for name, experiment in EXPERIMENTS.items():
        if experiment.group in groups:
            print(f"{name} …", flush=True)
            results[name] = run(experiment, 2 if args.quick else 5)
    print(table(results))
    now = datetime.datetime.now()
    result = {
        "date": now.isoformat(timespec="minutes"),
        "processor": processor(),
        "khulasa_commit": output("git", "describe", "--always", "--dirty").strip(),
        "packages": output(PYTHON, "-m", "pip", "freeze").split(),
        "threads": THREADS,
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "experiments": results,
    }
    target = ROOT / f"benches/results/peers-{now:%Y-%m-%d-%H%M}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print("written:", target.relative_to(ROOT))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two rounds instead of five")
    parser.add_argument(
        "--only", nargs="+", metavar="GROUP", choices=sorted({e.group for e in EXPERIMENTS.values()}), help="some groups"
    )
    main(parser.parse_args())
