"""The folder of a run: settings, log, checkpoints, and the state from which it goes on.

settings.json   what must stay the same from start to end
log.jsonl       one line a step
state/          weights in float32, both moments of Adam, and how far the run is
step-N/         checkpoints
"""

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from .. import checkpoint, sequences
from ..checkpoint import Checkpoint
from ..errors import TrainingError
from ..sequences import Sequences
from .parameters import FROZEN, flatten, views


@dataclass(frozen=True)
class Settings:
    """All that decides which weights come out."""

    steps: int
    rate: float
    warm_up: int
    step_tokens: int
    seed: int
    workers: int
    device: str
    init: str
    """SHA-256 of the weights that the run starts from."""
    data: str
    """SHA-256 of the epochs' files."""


@dataclass
class State:
    """How far a run is: flat weights, moments of Adam, steps and tokens done."""

    weights: Tensor
    first: Tensor
    second: Tensor
    step: int = 0
    tokens: int = 0

    def tensors(self) -> dict[str, Tensor]:
        """What is stored as tensors."""
        return {"weights": self.weights, "first": self.first, "second": self.second}


def digest(files: list[Path]) -> str:
    """The SHA-256 of files, one after the other."""
    hasher = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            while block := opened.read(1 << 20):
                hasher.update(block)
    return hasher.hexdigest()


def read_data(folder: Path) -> tuple[list[Sequences], str]:
    """The epochs that `data` made, and their digest."""
    files = sorted(folder.glob("epoch-*.safetensors"))
    if not files:
        raise TrainingError(f"{folder} has no epoch-N.safetensors; `data` makes them")
    return [sequences.load(file) for file in files], digest(files)


class Run:
    """A run that begins or goes on."""

    def __init__(self, folder: Path, settings: Settings, init: Checkpoint, save_every: int) -> None:
        """Opens or makes the folder; what was logged after the last state is forgotten."""
        self.folder, self.settings, self.init, self.save_every = folder, settings, init, save_every
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "settings.json"
        if file.exists():
            before = json.loads(file.read_text())
            if changed := [k for k, v in asdict(settings).items() if before[k] != v]:
                raise TrainingError(f"{folder} was begun with other settings: {', '.join(changed)}; see {file}")
        else:
            file.write_text(json.dumps(asdict(settings), indent=1) + "\n")
        self.state = self.load_state()
        self.log_file = folder / "log.jsonl"
        lines = read_log(self.log_file) if self.log_file.exists() else []
        kept = [json.dumps(line) + "\n" for line in lines if line["step"] <= self.state.step]
        self.log_file.write_text("".join(kept))
        self.clock = time.monotonic()

    def load_state(self) -> State:
        """The state to go on from: the last one saved, or the beginning."""
        folder = self.folder / "state"
        if folder.exists():
            return State(
                **load_file(folder / "tensors.safetensors"), **json.loads((folder / "progress.json").read_text())
            )
        weights = flatten(self.init.weights, self.init.shape)
        return State(weights, torch.zeros_like(weights), torch.zeros_like(weights))

    def log(self, line: dict[str, Any], tokens: int) -> None:
        """Counts a step's tokens and logs it with its speed."""
        now = time.monotonic()
        speed = round(tokens / (now - self.clock))
        self.clock = now
        self.state.tokens += tokens
        line |= {"tokens": self.state.tokens, "tokens_per_second": speed}
        with self.log_file.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def due(self) -> bool:
        """Whether the state is to be saved after this step."""
        return self.state.step % self.save_every == 0 or self.state.step == self.settings.steps

    def save(self) -> None:
        """Saves state and checkpoint."""
        state, shape = self.state, self.init.shape
        weights = views(state.weights, shape) | {FROZEN: self.init.weights[FROZEN]}
        model = Checkpoint(shape, weights, self.init.tokenizer)
        checkpoint.save(model, self.folder / f"step-{state.step}")
        self.save_state()

    def save_state(self) -> None:
        """Saves the state alone. It is complete at any time: the old one goes when the new one is there."""
        new = self.folder / "state.new"
        new.mkdir(exist_ok=True)
        save_file({name: t.cpu() for name, t in self.state.tensors().items()}, new / "tensors.safetensors")
        (new / "progress.json").write_text(json.dumps({"step": self.state.step, "tokens": self.state.tokens}) + "\n")
        checkpoint.replace(new, self.folder / "state")


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log; a last one that was cut off is left out."""
    lines = []
    for line in path.read_text().splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines
