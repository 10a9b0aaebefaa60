"""Prints the root mean square error of the logarithms of first tokens' probabilities, int8 against float32.

    python benches/peers/int8_error.py khulasa|ctranslate2 MODEL

MODEL is the folder of random_model.py's `opus`; 64 tokens after each of its 64 prompts are looked at.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

EXAMPLE = Path(__file__).parents[2] / "target/release/examples/log_probabilities"
TOKENS = list(range(4, 62_000, 62_000 // 63))


def khulasa(model, precision):
    name = {"int8": "q8_0", "float32": "f32"}[precision]
    command = [EXAMPLE, model / "khulasa", model / "prompts-64.jsonl", name, *map(str, TOKENS)]
    return np.array(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def ctranslate2(model, precision):
    import ctranslate2

    folder = model / ("ctranslate2" if precision == "int8" else "ctranslate2-f32")
    translator = ctranslate2.Translator(str(folder), compute_type=precision)
    lines = (model / "prompts-64.jsonl").read_text().splitlines()
    results = translator.translate_batch(
        [list(map(str, json.loads(line)["prompt"])) for line in lines],
        beam_size=1,
        max_decoding_length=1,
        min_decoding_length=1,
        return_logits_vocab=True,
    )
    logits = np.stack([np.array(result.logits[0][0], dtype=np.float64).reshape(-1) for result in results])
    total = np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True)) + logits.max(1, keepdims=True)
    return (logits - total)[:, TOKENS]


def main(side, model):
    run = {"khulasa": khulasa, "ctranslate2": ctranslate2}[side]
    exact = run(model, "float32")
    difference = run(model, "int8") - exact
    return {"error": float(np.sqrt((difference**2).mean())), "deviation": float(exact.std()), "output_tokens": exact.size}


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
