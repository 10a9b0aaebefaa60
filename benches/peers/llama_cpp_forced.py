"""llama.cpp's side of run.py: what crates/khulasa-inference/examples/forced.rs does, with the same arguments.

Up to `--batch` sequences run at once, through llama.cpp's low-level interface: a prompt takes the place of an output
that is done, and its tokens are read in the same step as the next tokens of all others (continuous batching).
"""

import argparse
import json
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("prompts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--unified", type=int, choices=[0, 1], default=0, help="one cache for all sequences")
    return parser.parse_args()


class Model:
    """A loaded model with a context for some sequences."""

    # The tokens of a step; a prompt that does not fit waits for the next.
    STEP = 512

    def __init__(self, args, longest):
        import llama_cpp

        self.llama = llama = llama_cpp
        # Nothing is logged; the callback has to live as long as the library.
        self.silence = llama.llama_log_callback(lambda level, text, data: None)
        llama.llama_log_set(self.silence, None)
        llama.llama_backend_init()
        path = args.model.encode()
        self.model = llama.llama_model_load_from_file(path, llama.llama_model_default_params())
        params = llama.llama_context_default_params()
        params.n_seq_max = args.batch
        params.n_ctx = args.batch * longest
        params.n_batch = params.n_ubatch = self.STEP
        params.n_threads = params.n_threads_batch = args.threads
        params.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_ENABLED
        params.kv_unified = bool(args.unified)
        self.context = llama.llama_init_from_model(self.model, params)
        if not self.context:
            raise SystemExit(f"llama.cpp does not load {args.model}")
        self.memory = llama.llama_get_memory(self.context)
        self.vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(self.model))
        self.slots = args.batch
        self.batch = llama.llama_batch_init(self.STEP, 0, 1)

    def read(self, inputs):
        """Reads (sequence, position, tokens) of some sequences in one step; returns the likeliest next token of each."""
        import numpy as np

        batch, count, last = self.batch, 0, []
        for sequence, position, tokens in inputs:
            for offset, token in enumerate(tokens):
                batch.token[count], batch.pos[count] = token, position + offset
                batch.n_seq_id[count], batch.seq_id[count][0] = 1, sequence
                batch.logits[count] = offset + 1 == len(tokens)
                count += 1
            last.append(count - 1)
        batch.n_tokens = count
        if self.llama.llama_decode(self.context, batch):
            raise RuntimeError("llama_decode failed")
        logits = (self.llama.llama_get_logits_ith(self.context, index) for index in last)
        return [int(np.ctypeslib.as_array(row, (self.vocabulary,)).argmax()) for row in logits]

    def generate(self, prompts):
        """The outputs of some prompts, each as long as is said with it."""
        started = time.perf_counter()
        outputs = [[] for _ in prompts]
        waiting = list(reversed(range(len(prompts))))
        free = set(range(self.slots))
        running = {}
        while waiting or running:
            inputs = [(slot, len(prompts[i]["prompt"]) + len(outputs[i]) - 1, outputs[i][-1:]) for slot, i in running.items()]
            count = len(inputs)
            while waiting and free and count + len(prompts[waiting[-1]]["prompt"]) <= self.STEP:
                index, slot = waiting.pop(), min(free)
                free.remove(slot)
                running[slot] = index
                inputs.append((slot, 0, prompts[index]["prompt"]))
                count += len(prompts[index]["prompt"])
            # Only sequences in order are read at once where each has a cache of its own.
            inputs.sort()
            for (slot, _, _), token in zip(inputs, self.read(inputs)):
                index = running[slot]
                outputs[index].append(token)
                if len(outputs[index]) == prompts[index]["tokens"]:
                    self.llama.llama_memory_seq_rm(self.memory, slot, -1, -1)
                    free.add(slot)
                    del running[slot]
        return outputs, time.perf_counter() - started


def main(args):
    started = time.perf_counter()
    with open(args.prompts) as file:
        prompts = [json.loads(line) for line in file]
    model = Model(args, max(len(p["prompt"]) + p["tokens"] for p in prompts))
    load_seconds = time.perf_counter() - started
    if len(prompts) > 1:
        model.generate(prompts[: args.batch])
    outputs, seconds = model.generate(prompts)
    return {
        "load_seconds": load_seconds,
        "seconds": seconds,
        "output_tokens": sum(map(len, outputs)),
        "outputs": outputs,
    }


if __name__ == "__main__":
    print(json.dumps(main(arguments())))
