"""Finished training data: prompts and answers as token ids, in one safetensors file."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

Example = tuple[list[int], list[int]]
"""A prompt and its answer."""


class Sequences:
    """Prompts and answers, laid end to end."""

    def __init__(self, tokens: Tensor, starts: Tensor, answers: Tensor) -> None:
        """All tokens; where each sequence starts, with the end of the last; where each answer starts."""
        self.tokens, self.starts, self.answers = tokens, starts, answers
        self.bounds = starts.tolist()

    @classmethod
    def of(cls, examples: list[Example]) -> "Sequences":
        """Lays examples end to end."""
        tokens, starts, answers = [], [0], []
        for prompt, answer in examples:
            answers.append(len(tokens) + len(prompt))
            tokens += prompt + answer
            starts.append(len(tokens))
        return cls(torch.tensor(tokens, dtype=torch.int32), torch.tensor(starts), torch.tensor(answers))

    def __len__(self) -> int:
        """How many sequences there are."""
        return len(self.bounds) - 1

    def length(self, i: int) -> int:
        """The tokens of a sequence."""
        return self.bounds[i + 1] - self.bounds[i]

    def sequence(self, i: int) -> tuple[Tensor, int]:
        """A sequence's tokens, and how many of them are its prompt."""
        start, end = self.bounds[i], self.bounds[i + 1]
        return self.tokens[start:end], int(self.answers[i]) - start

    def save(self, path: Path) -> None:
        """Writes the file."""
        save_file({"tokens": self.tokens, "starts": self.starts, "answers": self.answers}, path)


def load(path: Path) -> Sequences:
    """Reads such a file."""
    f = load_file(path)
    return Sequences(f["tokens"], f["starts"], f["answers"])
