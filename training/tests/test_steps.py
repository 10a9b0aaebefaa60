"""From a base checkpoint to a file that khulasa translates with, step by step."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from khulasa_training import checkpoint, gguf_file, sequences, vocabulary
from khulasa_training.errors import TrainingError
from khulasa_training.overlap import Overlap
from khulasa_training.prompts import Prompts
from khulasa_training.sets import EvaluationSet, read_articles, read_sets
from khulasa_training.steps import overlap

from .conftest import program

Step = Callable[..., None]


@pytest.fixture(scope="module")
def run(init: Path, data: Path, run_step: Step, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    settings = ("--steps", 6, "--save-every", 3, "--rate", 1e-3, "--device", "cpu", "--no-compile")
    run_step("train", init, data, folder, *settings)
    return folder


def test_pruning_keeps_what_stays(base: Path, table: Path, run_step: Step, tmp_path: Path) -> None:
    run_step("prune", base, tmp_path / "pruned", "--size", 2400, "--sources", table)
    before, after = checkpoint.load(base), checkpoint.load(tmp_path / "pruned")
    old, new = vocabulary.from_json(before.tokenizer), vocabulary.from_json(after.tokenizer)
    assert 2300 < after.shape.vocabulary == len(new.tokens) <= 2400
    arabic = [any("\u0600" <= c <= "\u06ff" for c in token) for token in new.tokens]
    assert arabic == sorted(arabic) and arabic.index(True) == after.shape.output
    for i, token in enumerate(new.tokens):
        assert torch.equal(after.weights["embedding"][i], before.weights["embedding"][old.tokens.index(token)])
    text = "قالت الوزارة إن القطار وصل."
    tokenizers = (before.load_tokenizer(), after.load_tokenizer())
    assert [t.decode(t.encode(text).ids) for t in tokenizers] == [text, text]


def test_data_has_all_tasks_and_nothing_evaluated(
    init: Path, data: Path, table: Path, run_step: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts = Prompts(checkpoint.load(init).load_tokenizer())
    epoch = sequences.load(data / "epoch-0.safetensors")
    firsts = {int(epoch.sequence(i)[0][1]) for i in range(len(epoch))}
    assert firsts == {prompts.translate_id, prompts.previous_id, prompts.summarize_id}
    evaluated = read_articles(table.parent / "corpus" / "valid.jsonl")[0].sentences[0]
    left_out = (data / "left-out.tsv").read_text()
    assert evaluated[0] in left_out and "briefs.tsv" in left_out
    run_step("overlap", data, init, "--sets", table.parent / "corpus" / "valid.jsonl")
    assert "0 overlap" in capsys.readouterr().out


def test_overlap_is_found_in_finished_data(init: Path, data: Path) -> None:
    prompts = Prompts(checkpoint.load(init).load_tokenizer())
    epoch = sequences.load(data / "epoch-0.safetensors")
    tokens, prompt = epoch.sequence(0)
    seen = prompts.text(tokens[prompt:-1].tolist())
    index = Overlap([EvaluationSet("seen", [("", seen)], [None], [])])
    with pytest.raises(TrainingError, match="evaluation set"):
        overlap.show([epoch], prompts, index)


def test_averaging(run: Path, run_step: Step, tmp_path: Path) -> None:
    run_step("average", run / "step-3", run / "step-6", "--out", tmp_path / "mean")
    three, six, mean = (load_file(f / "model.safetensors") for f in (run / "step-3", run / "step-6", tmp_path / "mean"))
    assert any(not torch.equal(three[name], six[name]) for name in mean)
    for name, w in mean.items():
        torch.testing.assert_close(w.float(), (three[name].float() + six[name].float()) / 2, rtol=1e-2, atol=1e-2)


def test_evaluation_curve_and_card(run: Path, table: Path, run_step: Step, tmp_path: Path) -> None:
    sets, scores = table.parent / "corpus" / "valid.jsonl", tmp_path / "scores"
    run_step("evaluate", run / "step-3", run / "step-6", "--sets", sets, "--lines", 3, "--out", scores)
    record = json.loads((scores / "run-step-6.json").read_text())
    assert record["translation"].keys() == {"valid", "valid, with context"}
    assert record["translation"]["valid"]["lines"] == 3
    assert "version:" in record["translation"]["valid"]["bleu_signature"]
    assert record["summary"]["valid"]["lead 3"]["rouge1"] > 10
    assert len((scores / "run-step-6" / "valid.txt").read_text().splitlines()) == 3
    run_step("curve", run, tmp_path / "curve.svg", "--scores", scores)
    assert "chrF, valid" in (tmp_path / "curve.svg").read_text()
    card = tmp_path / "README.md"
    card.write_text("# Card\n\n<!-- scores -->\n<!-- /scores -->\n\n<!-- sources -->\nold\n<!-- /sources -->\nend\n")
    files = [f"{label}={scores / name}.json" for label, name in (("before", "run-step-3"), ("after", "run-step-6"))]
    run_step("card", card, *files, "--sources", table)
    text = card.read_text()
    assert (
        "| before |" in text
        and "| after |" in text
        and "| CC BY 4.0 |" in text
        and "old" not in text
        and text.endswith("end\n")
    )


def test_exported_shards_come_back(run: Path, run_step: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf_file, "SHARD_LIMIT", 400_000)
    run_step("export", run / "step-6", tmp_path / "tiny", "--types", "default=Q5_1", "token_embd=Q8_0")
    files = sorted(tmp_path.glob("*.gguf"))
    assert len(files) > 1 and all(f.stat().st_size < 400_000 for f in files)
    run_step("init", files[0], tmp_path / "back")
    ours, back = checkpoint.load(run / "step-6"), checkpoint.load(tmp_path / "back")
    assert back.shape == ours.shape
    words = (vocabulary.from_json(c.tokenizer) for c in (ours, back))
    assert next(words) == next(words)
    for name, w in ours.weights.items():
        limit = (0.005 if name == "embedding" else 0.05) * w.abs().max().item()
        torch.testing.assert_close(back.weights[name], w, rtol=0, atol=limit)


def test_khulasa_translates_with_an_exported_file(run: Path, table: Path, run_step: Step, tmp_path: Path) -> None:
    khulasa = program()
    if khulasa is None:
        pytest.skip("khulasa is not built: cargo build --release -p khulasa-cli")
    run_step("export", run / "step-6", tmp_path / "tiny")
    arabic = read_sets([table.parent / "corpus" / "valid.jsonl"])[0].pairs[0][0]
    command = [khulasa, "translate", "--model", tmp_path / "tiny.gguf", "--format", "json", "-"]
    done = subprocess.run(command, input=arabic, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert arabic[:20] in done.stdout
    shutil.rmtree(tmp_path)
