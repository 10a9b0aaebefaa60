"""CTranslate2's side of run.py: what crates/khulasa-inference/examples/forced.rs does, with the same arguments.

`--workers` is the number of batches that run at once, among which the threads are shared.
"""

import argparse
import json
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("prompts")
    for name, usual in {"threads": 2, "workers": 1, "batch": 32, "beam": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--precision", default="int8")
    return parser.parse_args()


def main(args):
    started = time.perf_counter()
    import ctranslate2

    translator = ctranslate2.Translator(
        args.model,
        device="cpu",
        compute_type=args.precision,
        inter_threads=args.workers,
        intra_threads=args.threads // args.workers,
    )
    load_seconds = time.perf_counter() - started
    with open(args.prompts) as file:
        lines = [json.loads(line) for line in file]
    prompts = [list(map(str, line["prompt"])) for line in lines]
    (tokens,) = {line["tokens"] for line in lines}  # CTranslate2 takes one length for all

    def generate(prompts):
        started = time.perf_counter()
        results = translator.translate_batch(
            prompts,
            max_batch_size=args.batch,
            beam_size=args.beam,
            min_decoding_length=tokens,
            max_decoding_length=tokens,
        )
        return [list(map(int, r.hypotheses[0])) for r in results], time.perf_counter() - started

    if len(prompts) > 1:
        generate(prompts[: args.batch * args.workers])
    outputs, seconds = generate(prompts)
    return {
        "load_seconds": load_seconds,
        "seconds": seconds,
        "output_tokens": sum(map(len, outputs)),
        "outputs": outputs,
    }


if __name__ == "__main__":
    print(json.dumps(main(arguments())))
