"""The model is the one that transformers knows, and decoding with a cache gives what a whole pass gives."""

from pathlib import Path

import torch
from transformers import Gemma3ForCausalLM

from khulasa_training import checkpoint, sequences
from khulasa_training.decode import Decoder
from khulasa_training.model import attend
from khulasa_training.trainer.parameters import Trained, flatten


def test_checkpoints_are_what_transformers_reads(init: Path, data: Path) -> None:
    ours = checkpoint.load(init)
    theirs = Gemma3ForCausalLM.from_pretrained(init, dtype=torch.float32).eval()
    tokens, prompt = sequences.load(data / "epoch-0.safetensors").sequence(0)
    ids, targets = tokens[None].long(), tokens[prompt:].long()
    places = torch.arange(ids.shape[1])
    embedding = ours.weights["embedding"]
    model = Trained(flatten(ours.weights, ours.shape), embedding, ours.shape, attend, compiled=False)
    with torch.no_grad():
        at = places[prompt - 1 : -1]
        loss = model.loss(ids, places[None], places <= places[:, None], at, targets)
        logits = theirs(ids).logits[0, at, : ours.shape.output]
    expected = torch.nn.functional.cross_entropy(logits, targets, reduction="sum")
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-3)


def test_greedy_search_takes_the_likeliest_token_of_a_whole_pass(init: Path) -> None:
    decoder = Decoder(checkpoint.load(init), torch.device("cpu"), torch.float32)
    theirs = Gemma3ForCausalLM.from_pretrained(init, dtype=torch.float32).eval()
    texts = ("قال الوزير", "وصل القطار إلى المدينة مساء أمس", "نعم")
    prompts = [decoder.prompts.translation(text, previous) for text in texts for previous in (None, "وبعد ذلك")]
    for prompt, answer in zip(prompts, decoder.batch(prompts), strict=True):
        ids = list(prompt)
        for token in answer[:8]:
            with torch.no_grad():
                scores = theirs(torch.tensor([ids])).logits[0, -1, : decoder.shape.output]
            assert scores[token] > scores.max() - 1e-4
            ids.append(token)
