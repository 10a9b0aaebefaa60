"""Measures khulasa against its peers on this machine, in turns, and prints how many times better it is.

    python3 benches/peers/run.py [--quick] [--only GROUP…] [--sentences 500]

Needs cargo, a C++ compiler, Python 3.11 and, the first time, the network: it builds khulasa, makes a virtual environment
with the peers under target/ and writes the models there. Nothing else should run meanwhile. Both sides have the same
weights, token ids, output lengths and threads, and every measurement is a fresh process. A peer gets the best of its
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
from pathlib import Path

import prepare
from prepare import ROOT
from workloads import EXPERIMENTS, ROWS, THREADS

GROUPS = sorted({experiment.group for experiment in EXPERIMENTS.values()})


def measure(command):
    """Runs a command in a process of its own; returns the figures that it prints, with what the system says of it:
    the seconds until it printed them and until its end, and the most memory that it had."""
    started = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, cwd=ROOT)
    with process.stdout as pipe:
        line = pipe.readline()
        first = time.perf_counter() - started
        pipe.read()
    _, status, usage = os.wait4(process.pid, 0)
    whole = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    unit = 1 if platform.system() == "Darwin" else 1024
    figures = json.loads(line) if line else {}
    return {**figures, "figures_seconds": first, "process_seconds": whole, "peak_bytes": usage.ru_maxrss * unit}


def run(experiment, rounds):
    """Measures the sides of an experiment in turns; each with the fastest of its commands."""
    chosen, tried = {}, {}
    for side, commands in experiment.sides.items():
        chosen[side] = commands[0]
        if len(commands) > 1:
            runs = [(measure(command), command) for command in commands]
            chosen[side] = min(runs, key=lambda it: it[0].get("seconds", it[0]["process_seconds"]))[1]
            tried[side] = [{"command": printable(command), **kept(figures)} for figures, command in runs]
    measured = [{side: measure(command) for side, command in chosen.items()} for _ in range(1 if experiment.once else rounds)]
    for figures in measured:
        experiment.check(figures)
    return {
        "commands": {side: printable(command) for side, command in chosen.items()},
        "settings_tried": tried,
        "rounds": [{side: kept(figures) for side, figures in it.items()} for it in measured],
    }


def kept(figures):
    """What goes to the results: numbers, not outputs."""
    return {name: value for name, value in figures.items() if isinstance(value, (int, float))}


def printable(command):
    """A command without this machine's paths."""
    return " ".join(str(part).replace(f"{ROOT}/", "") for part in command)


def table(results):
    """The rows whose experiment was run, as Markdown."""
    lines = ["| workload | against | at least | measured | medians |", "|---|---|---|---|---|"]
    for row in ROWS:
        if row.experiment not in results:
            continue
        rounds = results[row.experiment]["rounds"]
        ours, peer = (statistics.median(row.metric.of(r[side]) for r in rounds) for side in row.sides)
        ratio = ours / peer if row.metric.more_is_better else peer / ours
        target = f"{row.target:g} ×" if row.target else ""
        medians = f"{row.metric.show(ours)} against {row.metric.show(peer)} {row.metric.unit}"
        lines.append(f"| {row.workload} | {row.sides[1]} | {target} | {ratio:.2f} × | {medians} |")
    return "\n".join(lines)


def processor():
    """What /proc/cpuinfo calls the processor, with what of its instructions matters."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}
    known = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx_vnni") if flag in fields.get("flags", "").split()]
    return f"{fields.get('model name', 'unknown')}, {os.cpu_count()} processors, {' '.join(known)}"


def main(args):
    groups = args.only or GROUPS
    experiments = {name: experiment for name, experiment in EXPERIMENTS.items() if experiment.group in groups}
    prepare.everything(groups, args.sentences)
    started = time.perf_counter()
    results = {}
    for name, experiment in experiments.items():
        print(f"{name} …", flush=True)
        results[name] = run(experiment, 1 if args.quick else 5)
    minutes = round((time.perf_counter() - started) / 60, 1)
    print(f"\n{table(results)}\n\n{minutes} minutes")
    now = datetime.datetime.now()
    result = {
        "date": now.isoformat(timespec="minutes"),
        "processor": processor(),
        "khulasa_commit": prepare.output("git", "describe", "--always", "--dirty").strip(),
        "packages": prepare.packages(),
        "threads": THREADS,
        "sentences": args.sentences,
        "minutes": minutes,
        "table": table(results).splitlines(),
        "experiments": results,
    }
    target = ROOT / f"benches/results/peers-{now:%Y-%m-%d-%H%M}.json"
    target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print("written:", target.relative_to(ROOT))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round instead of five")
    parser.add_argument("--only", nargs="+", metavar="GROUP", choices=GROUPS, help=f"some of {', '.join(GROUPS)}")
    parser.add_argument("--sentences", type=int, default=500, help="how many are worked through end to end")
    main(parser.parse_args())
