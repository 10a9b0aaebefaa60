"""Translates sentences with transformers' batched `generate`, and prints what it took as JSON.

    python benches/peers/transformers_generate.py MODEL_DIR SENTENCES.txt [--threads 2] [--beam 1] [--batch 32] [--dtype bfloat16]

MODEL_DIR comes from prepare.py. Batches of similar lengths padded on the left, the output head cut to the
output vocabulary as khulasa cuts it. Loading includes the imports.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

STARTED = time.perf_counter()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], default="bfloat16")
    return parser.parse_args()


def main(args):
    import torch
    from tokenizers import Tokenizer
    from transformers import Gemma3ForCausalLM

    sys.path.insert(0, str(Path(__file__).parents[2] / "models"))
    from reference import max_new_tokens, prompt, restrict_output

    torch.set_num_threads(args.threads)
    model = Gemma3ForCausalLM.from_pretrained(args.model, dtype=getattr(torch, args.dtype)).eval()
    restrict_output(model, model.config.output_vocab)
    model.config.vocab_size = model.config.output_vocab  # beam search numbers its candidates by this
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    loaded = time.perf_counter()

    prompts = [prompt(tokenizer, line) for line in args.sentences.read_text().splitlines()]
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    pad, eos = model.config.pad_token_id, model.config.eos_token_id
    outputs = [None] * len(prompts)
    first = None
    for start in range(0, len(order), args.batch):
        group = order[start : start + args.batch]
        width = max(len(prompts[i]) for i in group)
        ids = torch.tensor([[pad] * (width - len(prompts[i])) + prompts[i] for i in group])
        with torch.inference_mode():
            rows = model.generate(
                ids,
                attention_mask=(torch.arange(width) >= torch.tensor([[width - len(prompts[i])] for i in group])).long(),
                do_sample=False,
                num_beams=args.beam,
                max_new_tokens=max_new_tokens(width),
            )
        for i, row in zip(group, rows[:, width:].tolist()):
            outputs[i] = row[: row.index(eos) + 1] if eos in row else row
        if first is None:
            first = time.perf_counter()
    done = time.perf_counter()
    return {
        "threads": args.threads,
        "beam": args.beam,
        "batch": args.batch,
        "dtype": args.dtype,
        "load_seconds": loaded - STARTED,
        "first_sentence_seconds": first - loaded,
        "seconds": done - loaded,
        "sentences": len(prompts),
        "input_tokens": sum(map(len, prompts)),
        "output_tokens": sum(map(len, outputs)),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "translations": [tokenizer.decode(row).strip() for row in outputs],
    }


if __name__ == "__main__":
    print(json.dumps(main(arguments()), ensure_ascii=False))
