"""What run.py needs before it can measure: khulasa's programs, the peers, models and prompts, all under target/."""

import json
import shutil
import subprocess
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WORK = ROOT / "target/peers"
MODELS = WORK / "models"
PYTHON = WORK / "venv/bin/python"
FORCED = ROOT / "target/release/examples/forced"
KHULASA = ROOT / "target/release/khulasa"
DEFAULT = ROOT / "models/gist-ar-en/gist-ar-en-00001-of-00002.gguf"
TEXTS = MODELS / "texts"
ARTICLE = ROOT / "examples/articles/news.txt"
# The shapes with random weights that groups need.
RANDOM = {"opus": "opus", "texts": "opus", "error": "opus", "tc-big": "tc-big", "nllb": "nllb"}


def output(*command, stdin=None):
    """Runs a command; returns what it prints."""
    command = list(map(str, command))
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, input=stdin).stdout


def install(python, requirements):
    """Makes a virtual environment, unless it is there, with what a file of requirements names."""
    if not python.exists():
        venv.create(python.parents[1], with_pip=True, upgrade_deps=True)
    output(python, "-m", "pip", "install", "--quiet", "--requirement", requirements)


def packages():
    """The peers' versions."""
    return output(PYTHON, "-m", "pip", "list", "--format=freeze").split()


def article():
    """The sentences of an article as khulasa translates them: (Arabic, English), greedily and as the model writes."""
    options = ["--quiet", "--format", "jsonl", "--beam", 1, "--no-repair"]
    digest = json.loads(output(KHULASA, "translate", *options, ARTICLE))
    sentences = (s for paragraph in digest["translation"]["paragraphs"] for s in paragraph["sentences"])
    return [(s["source"], s["target"]) for s in sentences if s["target"]]


def everything(groups, sentences):
    """All that some groups of experiments need; what is there already is kept."""
    build = ["cargo", "build", "--release", "--locked"]
    output(*build, "--package", "khulasa-inference", "--examples")
    output(*build, "--package", "khulasa-cli")
    install(PYTHON, HERE / "requirements.txt")
    for model in sorted({RANDOM[group] for group in groups if group in RANDOM}):
        if not (MODELS / model / "first.jsonl").exists():
            shutil.rmtree(MODELS / model, ignore_errors=True)
            output(PYTHON, HERE / "random_model.py", model, MODELS / model)
    if "texts" in groups:
        shutil.rmtree(TEXTS, ignore_errors=True)
        output(PYTHON, HERE / "texts.py", TEXTS, sentences)
    if "default" in groups and not (MODELS / "default/first.jsonl").exists():
        sentences = json.dumps(article())
        output(PYTHON, HERE / "llama_cpp_model.py", DEFAULT, MODELS / "default", stdin=sentences)
