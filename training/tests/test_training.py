"""Training: resumed as if never interrupted, and the same whether sequences are padded or packed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from khulasa_training import checkpoint, model, sequences
from khulasa_training.trainer import packed, workers
from khulasa_training.trainer.parameters import Trained, flatten
from khulasa_training.trainer.run import Run, Settings

STEPS = 8


def train(init: Path, data: Path, run: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "khulasa_training", "train", init, data, run, "--steps", STEPS, "--save-every", 3]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.Popen([*map(str, command), "--rate", "1e-3", "--device", "cpu", *more], env=environment)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    while not path.exists():
        assert process.poll() is None, f"ended with {process.returncode} before {path.name} was there"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def whole(init: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody interrupts."""
    run = tmp_path_factory.mktemp("whole") / "run"
    assert train(init, data, run, "--no-compile").wait() == 0
    return run


def same(a: Path, b: Path) -> None:
    assert a.read_bytes() == b.read_bytes(), f"{a} and {b} differ"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_was_interrupted_gives_the_same_weights(
    whole: Path, init: Path, data: Path, tmp_path: Path, number: signal.Signals
) -> None:
    run = tmp_path / "run"
    process = train(init, data, run, "--no-compile")
    wait_for(run / "step-3" / "model.safetensors", process)
    wait_for(run / "state" / "progress.json", process)
    process.send_signal(number)
    status = process.wait()
    assert status == (0 if number == signal.SIGTERM else -signal.SIGKILL)
    time.sleep(1)  # the workers of a killed run end with it
    stopped_at = json.loads((run / "state" / "progress.json").read_text())["step"]
    assert 3 <= stopped_at < STEPS, "it was interrupted too late to show anything"
    assert train(init, data, run, "--no-compile").wait() == 0
    for file in (f"step-{STEPS}/model.safetensors", "state/tensors.safetensors"):
        same(run / file, whole / file)
    timeless = [
        [{k: v for k, v in json.loads(line).items() if k != "tokens_per_second"} for line in log.open()]
        for log in (run / "log.jsonl", whole / "log.jsonl")
    ]
    assert timeless[0] == timeless[1]
    assert [line["step"] for line in timeless[0]] == list(range(1, STEPS + 1))


def test_other_settings_are_refused(whole: Path, init: Path, data: Path) -> None:
    process = train(init, data, whole, "--seed", "1")
    assert process.wait() == 1


def test_training_lowers_the_loss(whole: Path) -> None:
    losses = [json.loads(line)["loss"] for line in (whole / "log.jsonl").open()]
    assert losses[-1] < losses[0]
    weights = load_file(whole / "state" / "tensors.safetensors")
    assert all(w.isfinite().all() for w in weights.values())


def losses(init: Path, data: Path) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Loss and gradient of the same sequences, padded and packed, in float32."""
    start, epoch = checkpoint.load(init), sequences.load(data / "epoch-0.safetensors")
    some = [0, 1, 2, 3, 4, 5]
    flat = flatten(start.weights, start.shape)
    results = []
    padded = workers.collate(epoch, some)
    places = torch.arange(padded[0].shape[1])
    full = (padded[0], places.expand_as(padded[0]), places <= places[:, None], *padded[1:])
    rows = packed.collate(epoch, [some[:4], some[4:]], packed.ROW_TOKENS)
    for attention, batch in ((model.attend, full), (packed.fused, rows)):
        trained = Trained(flat.clone(), start.weights["embedding"], start.shape, attention, compiled=False)
        loss = trained.loss(*batch)
        loss.backward()
        results += [loss.detach(), trained.gradient]
    return tuple(results)


def test_packed_sequences_see_themselves_alone(init: Path, data: Path) -> None:
    loss, gradient, packed_loss, packed_gradient = losses(init, data)
    torch.testing.assert_close(packed_loss, loss, rtol=1e-5, atol=0)
    torch.testing.assert_close(packed_gradient, gradient, rtol=1e-3, atol=1e-4)


def test_packed_training_goes_on_to_the_same_weights(
    init: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a GPU does, on the CPU: four steps at once, and two steps from which another run goes on."""
    epochs = [sequences.load(f) for f in sorted(data.glob("epoch-*.safetensors"))]
    start = checkpoint.load(init)
    settings = Settings(4, 1e-3, 2, 2 * packed.ROW_TOKENS, 0, 1, "cpu", "init", "data")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    packed.train(Run(tmp_path / "whole", settings, start, save_every=4), epochs, compiled=False)
    with monkeypatch.context() as patch:
        log = Run.log
        patch.setattr(Run, "log", lambda run, *line: (log(run, *line), run.state.step == 2 and signal.raise_signal(15)))
        packed.train(Run(tmp_path / "halves", settings, start, save_every=4), epochs, compiled=False)
    second = Run(tmp_path / "halves", settings, start, save_every=4)
    assert second.state.step == 2
    packed.train(second, epochs, compiled=False)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    for file in ("state/tensors.safetensors", "step-4/model.safetensors"):
        same(tmp_path / "whole" / file, tmp_path / "halves" / file)
