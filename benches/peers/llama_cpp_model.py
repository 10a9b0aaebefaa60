"""Writes the embedded default for llama.cpp, and the prompts of an article's sentences in llama.cpp's own tokens.

    python benches/peers/llama_cpp_model.py MODEL-00001-of-00002.gguf FOLDER < sentences.json

Standard input is a list of pairs, an Arabic sentence and its English; the English says how long an output is.
FOLDER gets `model.gguf`, the same tensors in one file, with the types of metadata that llama.cpp insists on;
`article.jsonl`; and, with the first sentence and a single token for it, `first.jsonl`.
"""

import json
import sys
from pathlib import Path

from gguf import GGUFReader, GGUFValueType, GGUFWriter
from llama_cpp import Llama

FLOATS = ("gemma3.rope.freq_base_swa",)


def join(first, path):
    """Writes the tensors of all shards to one file, as they are."""
    count = GGUFReader(first).fields["split.count"].contents()
    readers = [GGUFReader(first.replace("-00001-of-", f"-{i:05}-of-")) for i in range(1, count + 1)]
    writer = GGUFWriter(path, "gemma3")
    for key, field in readers[0].fields.items():
        if not key.startswith(("GGUF.", "split.", "general.architecture")):
            kind = GGUFValueType.FLOAT32 if key in FLOATS else field.types[0]
            inner = field.types[-1] if kind == GGUFValueType.ARRAY else None
            writer.add_key_value(key, field.contents(), kind, inner)
    for tensor in (tensor for reader in readers for tensor in reader.tensors):
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(first, folder):
    folder.mkdir(parents=True, exist_ok=True)
    join(first, folder / "model.gguf")
    llama = Llama(str(folder / "model.gguf"), vocab_only=True, verbose=False)

    def tokens(text):
        return llama.tokenize(text.encode(), add_bos=False, special=True)

    lines = []
    for source, target in json.load(sys.stdin):
        prompt = tokens(f"<bos><unused0>{' '.join(source.split())}<unused1>")
        lines.append({"prompt": prompt, "tokens": len(tokens(target)) + 1})
    (folder / "article.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "first.jsonl").write_text(json.dumps({**lines[0], "tokens": 1}) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
