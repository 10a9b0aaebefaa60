"""Greedy search in batches, with a cache of keys and values."""

import torch
from torch import Tensor

from .checkpoint import Checkpoint
from .model import angles, attend, embed, finish, layers, norm, project
from .prompts import Prompts
from .shape import EOS

BATCH = 32


class Decoder:
    """A model that answers prompts."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype = torch.bfloat16) -> None:
        """Puts the weights where and as they are to be used."""
        self.shape = checkpoint.shape
        self.device = device
        self.weights = {name: w.to(device, dtype) for name, w in checkpoint.weights.items()}
        self.layers = layers(self.weights, self.shape)
        self.prompts = Prompts(checkpoint.load_tokenizer())

    def texts(self, prompts: list[list[int]]) -> list[str]:
        """The model's answers, in the order of the prompts."""
        answers: list[list[int]] = [[] for _ in prompts]
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        for start in range(0, len(order), BATCH):
            group = order[start : start + BATCH]
            for i, ids in zip(group, self.batch([prompts[i] for i in group]), strict=True):
                answers[i] = ids
        return [self.prompts.text(ids) for ids in answers]

    @torch.inference_mode()
    def batch(self, prompts: list[list[int]]) -> list[list[int]]:
        """The likeliest next token again and again until `<eos>`, at most half as many as the longest prompt has and
        its length and 20: the limit that khulasa sets too."""
        device, count, longest = self.device, len(prompts), max(map(len, prompts))
        limit = longest * 3 // 2 + 20
        lengths = torch.tensor([len(p) for p in prompts], device=device)
        ids = torch.zeros(count, longest, dtype=torch.long, device=device)
        for row, prompt in enumerate(prompts):
            ids[row, : len(prompt)] = torch.tensor(prompt, device=device)
        size = (self.shape.layers, 2, count, longest + limit, self.shape.head_width)
        cache = torch.zeros(size, dtype=self.weights["norm"].dtype, device=device)
        slots = torch.arange(longest + limit, device=device)
        at = slots[:longest].expand(count, -1)
        visible = slots[None, :longest] <= slots[:longest, None]
        hidden = self.forward(ids, at, cache, 0, visible)[torch.arange(count, device=device), lengths - 1]
        seen = slots[None] < lengths[:, None]
        rows, answers = list(range(count)), [[] for _ in prompts]
        for made in range(limit):
            tokens = (hidden @ self.weights["embedding"][: self.shape.output].T).argmax(-1)
            live = [r for r, token in enumerate(tokens.tolist()) if token != EOS]
            for r in live:
                answers[rows[r]].append(int(tokens[r]))
            if not live or made + 1 == limit:
                break
            if len(live) < len(rows):
                keep = torch.tensor(live, device=device)
                cache, seen, lengths, tokens = cache[:, :, keep], seen[keep], lengths[keep], tokens[keep]
                rows = [rows[r] for r in live]
            slot = longest + made
            seen[:, slot] = True
            mask = seen[:, None, None, : slot + 1]
            hidden = self.forward(tokens[:, None], (lengths + made)[:, None], cache, slot, mask)[:, 0]
        return answers

    def forward(self, ids: Tensor, positions: Tensor, cache: Tensor, slot: int, visible: Tensor) -> Tensor:
        """The last hidden states (B, T, D) of new tokens (B, T), whose keys and values go into the cache (layers, 2, B,
        slots, W) from `slot` on."""
        shape, end = self.shape, slot + ids.shape[1]
        x = embed(ids, self.weights, shape)
        for i, w in enumerate(self.layers):
            cos, sin = angles(positions, shape.head_width, shape.rope_base(i))
            queries, keys, values = project(x, w, cos, sin, shape.epsilon)
            cache[i, 0, :, slot:end], cache[i, 1, :, slot:end] = keys, values
            x = finish(x, attend(queries, cache[i, 0, :, :end], cache[i, 1, :, :end], visible), w, shape.epsilon)
        return norm(x, self.weights["norm"], shape.epsilon)
