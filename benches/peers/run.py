"""Compares khulasa with transformers on the sentences of some articles, on this machine.

    python3 benches/peers/run.py ARTICLE… [--threads 2] [--beam 1] [--rounds 5]

Needs cargo, Python 3.11 and, the first time, the network: it builds khulasa, makes a virtual environment under target/
and installs models/requirements.txt there. Nothing else should run meanwhile. The peer gets the best type and
batch size of those tried in a first round; then both take turns, each round in fresh processes. Medians and ratios are printed, and
everything measured is written to benches/results/.
"""

import argparse
import datetime
import json
import platform
import statistics
import subprocess
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORK = ROOT / "target/peers"
PYTHON = WORK / "venv/bin/python"
KHULASA = ROOT / "target/release/khulasa"
WEIGHTS = ROOT / "models/gist-ar-en/gist-ar-en-00001-of-00002.gguf"
SETTINGS = [(dtype, batch) for dtype in ("bfloat16", "float32") for batch in (8, 12, 16, 32, 64)]


def run(*command):
    """Runs a command; returns what it prints."""
    return subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def prepare():
    """The program, the peer and the peer's copy of the model."""
    run("cargo", "build", "--release", "--locked", "--package", "khulasa-cli")
    if not PYTHON.exists():
        venv.create(PYTHON.parents[1], with_pip=True)
    run(PYTHON, "-m", "pip", "install", "--quiet", "--requirement", ROOT / "models/requirements.txt")
    run(PYTHON, ROOT / "benches/peers/prepare.py", WEIGHTS, WORK / "model")


def sentences(articles):
    """The sentences that khulasa gives its model: Arabic ones, each once."""
    found = {}
    for line in run(KHULASA, "translate", "--quiet", "--format", "jsonl", *articles).splitlines():
        for paragraph in json.loads(line)["translation"]["paragraphs"]:
            for sentence in paragraph["sentences"]:
                source = " ".join(sentence["source"].split())
                if sentence["target"] and any("\u0621" <= c <= "\u064a" for c in source):
                    found[source] = None
    return list(found)


def khulasa(articles, threads, beam):
    options = ["--threads", threads, "--beam", beam]
    figures = json.loads(run(KHULASA, "bench", "--json", "--runs", 1, *options, *articles))
    return {"load_seconds": figures["load_seconds"], **figures["runs"][0]}


def transformers(path, threads, beam, setting):
    options = ["--threads", threads, "--beam", beam, "--dtype", setting[0], "--batch", setting[1]]
    return json.loads(run(PYTHON, ROOT / "benches/peers/transformers_generate.py", WORK / "model", path, *options))


def processor():
    """What /proc/cpuinfo calls the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")


def report(rounds):
    """Prints medians, and how many times better khulasa is."""
    values = lambda name, key: [key(r[name]) for r in rounds]
    rows = [
        ("translation, s", lambda r: r["seconds"], 1),
        ("output tokens/s", lambda r: r["output_tokens"] / r["seconds"], -1),
        ("loading, s", lambda r: r["load_seconds"], 1),
        ("start to first sentence, s", lambda r: r["load_seconds"] + r["first_sentence_seconds"], 1),
        ("peak memory, MB", lambda r: r["peak_bytes"] / 1e6, 1),
    ]
    print(f"{'median of ' + str(len(rounds)):28} {'khulasa':>10} {'transformers':>13} {'ratio':>7}")
    for label, key, sign in rows:
        ours, peer = (statistics.median(values(name, key)) for name in ("khulasa", "transformers"))
        print(f"{label:28} {ours:10.2f} {peer:13.2f} {(peer / ours) ** sign:6.1f}x")


def main(args):
    prepare()
    listed = sentences(args.articles)
    path = WORK / "sentences.txt"
    path.write_text("".join(line + "\n" for line in listed))
    print(f"{len(listed)} sentences, {args.threads} threads, beam {args.beam}")
    tried = [transformers(path, args.threads, args.beam, setting) for setting in SETTINGS]
    for trial in tried:
        print(f"transformers, {trial['dtype']}, batch {trial['batch']}: {trial['seconds']:.2f} s", flush=True)
    best = min(zip(SETTINGS, tried), key=lambda pair: pair[1]["seconds"])[0]
    rounds = []
    for number in range(args.rounds):
        pair = {
            "khulasa": khulasa(args.articles, args.threads, args.beam),
            "transformers": transformers(path, args.threads, args.beam, best),
        }
        rounds.append(pair)
        print(f"round {number + 1}:", ", ".join(f"{name} {r['seconds']:.2f} s" for name, r in pair.items()), flush=True)
    report(rounds)
    for measured in tried + [pair["transformers"] for pair in rounds]:
        del measured["translations"]
    result = {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "khulasa_commit": run("git", "rev-parse", "--short", "HEAD").strip(),
        "packages": run(PYTHON, "-m", "pip", "freeze").split(),
        "threads": args.threads,
        "beam": args.beam,
        "sentences": len(listed),
        "transformers_settings": tried,
        "rounds": rounds,
    }
    target = ROOT / f"benches/results/peers-{result['date']}-beam{args.beam}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n")
    print("written:", target.relative_to(ROOT))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", nargs="+", type=lambda name: Path(name).resolve())
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    main(parser.parse_args())
