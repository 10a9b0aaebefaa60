"""Splits a GGUF file into two shards as llama.cpp names and marks them, changing no weight.

    python models/split.py IN.gguf models/gist-ar-en/gist-ar-en

writes …-00001-of-00002.gguf (with all metadata) and …-00002-of-00002.gguf. Needs the package `gguf`.
"""

import sys

from gguf import GGUFReader, GGUFValueType, GGUFWriter

COUNT = 2


def main(source, stem):
    reader = GGUFReader(source)
    tensors = sorted(reader.tensors, key=lambda t: t.data_offset)
    half, total, parts = sum(t.n_bytes for t in tensors) / COUNT, 0, [[], []]
    for t in tensors:
        parts[total + t.n_bytes / 2 > half].append(t)
        total += t.n_bytes
    architecture = reader.fields["general.architecture"].contents()
    for number, part in enumerate(parts):
        writer = GGUFWriter(f"{stem}-{number + 1:05}-of-{COUNT:05}.gguf", architecture)
        for field in reader.fields.values() if number == 0 else ():
            if field.name.startswith("GGUF.") or field.name == "general.architecture":
                continue
            sub = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=sub)
        writer.add_key_value("split.no", number, GGUFValueType.UINT16)
        writer.add_key_value("split.count", COUNT, GGUFValueType.UINT16)
        writer.add_key_value("split.tensors.count", len(tensors), GGUFValueType.INT32)
        for t in part:
            writer.add_tensor(t.name, t.data, raw_dtype=t.tensor_type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
