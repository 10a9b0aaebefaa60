"""Writes an encoder–decoder of a known shape with random weights, for khulasa and for CTranslate2, with prompts.

    python benches/peers/random_model.py SHAPE FOLDER

FOLDER gets `khulasa/` in Hugging Face's layout (float16 safetensors, and for Marian a tokenizer made from the articles
of examples/), `ctranslate2/` with the same weights quantised to int8 by CTranslate2's own
writer, `ctranslate2-f32/` with the same weights as they are, and `prompts-64.jsonl`, 64 prompts of 30 tokens for 32
tokens each, the first 16 of them in `prompts-16.jsonl`, and one, for a single token, in `first.jsonl`.
"""

import io
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
import sentencepiece
from safetensors.numpy import save_file

ROOT = Path(__file__).parents[2]
PROMPTS, PROMPT_TOKENS, OUTPUT_TOKENS = 64, 30, 32
SEED = 20261124
# What is drawn for a larger tensor is repeated: a prime, so that no two rows are alike.
DRAWN = 4_000_037


@dataclass(frozen=True)
class Shape:
    """What of an architecture's size matters for speed. The first four tokens are special ones."""

    family: str
    layers: int
    width: int
    heads: int
    inner: int
    vocabulary: int
    activation: str
    eos: int
    pad: int
    start: int

    @property
    def marian(self):
        return self.family == "marian"


SHAPES = {
    "opus": Shape("marian", 6, 512, 8, 2048, 62_802, "swish", eos=0, pad=62_801, start=62_801),
    "tc-big": Shape("marian", 6, 1024, 16, 4096, 61_109, "relu", eos=0, pad=61_108, start=61_108),
    "nllb": Shape("m2m_100", 12, 1024, 16, 4096, 256_206, "relu", eos=2, pad=1, start=2),
}


def draw(shape):
    """Every tensor, by its name in transformers."""
    rng = np.random.default_rng(SEED)
    width, inner = shape.width, shape.inner

    def normal(*dims):
        drawn = rng.standard_normal(min(int(np.prod(dims)), DRAWN), dtype=np.float32) * 0.02
        return np.resize(drawn.astype(np.float16), dims)

    tensors = {}

    def linear(name, outputs, inputs):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = normal(outputs, inputs), normal(outputs)

    def norm(name):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = 1 + normal(width), normal(width)

    tensors["model.shared.weight"] = normal(shape.vocabulary, width)
    tensors["model.shared.weight"][shape.pad] = 0
    for side in ("encoder", "decoder"):
        for layer in range(shape.layers):
            prefix = f"model.{side}.layers.{layer}"
            for attention in ("self_attn",) if side == "encoder" else ("self_attn", "encoder_attn"):
                for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                    linear(f"{prefix}.{attention}.{part}", width, width)
                norm(f"{prefix}.{attention}_layer_norm")
            linear(f"{prefix}.fc1", inner, width)
            linear(f"{prefix}.fc2", width, inner)
            norm(f"{prefix}.final_layer_norm")
        if not shape.marian:
            norm(f"model.{side}.layer_norm")
    if shape.marian:
        tensors["final_logits_bias"] = normal(1, shape.vocabulary)
    return tensors


def positions(shape, count=512):
    """The sinusoids of the family's class in transformers."""
    first, steps = (0, shape.width // 2) if shape.marian else (shape.pad + 1, shape.width // 2 - 1)
    rates = 10_000.0 ** (-np.arange(shape.width // 2) / steps)
    angles = np.outer(np.arange(first, first + count), rates)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


def write_khulasa(shape, tensors, folder):
    """A folder in Hugging Face's layout."""
    folder.mkdir()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "model_type": shape.family,
        "activation_function": shape.activation,
        "d_model": shape.width,
        "scale_embedding": True,
        "max_position_embeddings": 512,
        "vocab_size": shape.vocabulary,
        "eos_token_id": shape.eos,
        "pad_token_id": shape.pad,
        "decoder_start_token_id": shape.start,
    }
    for side in ("encoder", "decoder"):
        config[f"{side}_layers"] = shape.layers
        config[f"{side}_attention_heads"] = shape.heads
        config[f"{side}_ffn_dim"] = shape.inner
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    # The program's outputs are as long as those of the prompts; what they start with counts.
    length = OUTPUT_TOKENS + 1
    (folder / "generation_config.json").write_text(json.dumps({"min_length": length, "max_length": length}))
    if shape.marian:
        write_tokenizer(shape, folder)
    else:  # nothing reads it but the program when it loads the model
        shutil.copy(ROOT / "tests/fixtures/nllb/tokenizer.json", folder)


def write_tokenizer(shape, folder):
    """A SentencePiece model for both languages, its pieces with names for all other tokens as the vocabulary."""
    texts = "\n".join(path.read_text() for path in sorted((ROOT / "examples/articles").glob("*.txt")))
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts.splitlines()),
        model_writer=made,
        vocab_size=2000,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(made.getvalue())
    model = sentencepiece.SentencePieceProcessor(model_proto=made.getvalue())
    pieces = [model.id_to_piece(id) for id in range(model.get_piece_size())]
    names = ["</s>", "<unk>"] + [piece for piece in pieces if piece not in ("<unk>", "<s>", "</s>")]
    names += [f"▁{id}" for id in range(len(names), shape.pad)] + ["<pad>"]
    (folder / "vocab.json").write_text(json.dumps({name: id for id, name in enumerate(names)}))


def write_ctranslate2(shape, tensors, folder, quantization):
    """A CTranslate2 model, as its converter for transformers lays it out."""
    activation = {"swish": ctranslate2.specs.Activation.SWISH, "relu": ctranslate2.specs.Activation.RELU}
    spec = ctranslate2.specs.TransformerSpec.from_config(
        (shape.layers, shape.layers), shape.heads, pre_norm=not shape.marian, activation=activation[shape.activation]
    )

    def linear(target, *names):
        target.weight = np.concatenate([tensors[f"{name}.weight"] for name in names])
        target.bias = np.concatenate([tensors[f"{name}.bias"] for name in names])

    def norm(target, name):
        target.gamma, target.beta = tensors[f"{name}.weight"], tensors[f"{name}.bias"]

    def attention(target, name, joined):
        *inputs, output = target.linear
        for part, letters in zip(inputs, joined, strict=True):
            linear(part, *(f"{name}.{letter}_proj" for letter in letters))
        linear(output, f"{name}.out_proj")
        norm(target.layer_norm, f"{name}_layer_norm")

    embedding = tensors["model.shared.weight"]
    for side, part in (("encoder", spec.encoder), ("decoder", spec.decoder)):
        part.scale_embeddings = float(shape.width**0.5)
        part.position_encodings.encodings = positions(shape)
        (part.embeddings[0] if side == "encoder" else part.embeddings).weight = embedding
        if not shape.marian:
            norm(part.layer_norm, f"model.{side}.layer_norm")
        for index, layer in enumerate(part.layer):
            prefix = f"model.{side}.layers.{index}"
            attention(layer.self_attention, f"{prefix}.self_attn", ["qkv"])
            if side == "decoder":
                attention(layer.attention, f"{prefix}.encoder_attn", ["q", "kv"])
            linear(layer.ffn.linear_0, f"{prefix}.fc1")
            linear(layer.ffn.linear_1, f"{prefix}.fc2")
            norm(layer.ffn.layer_norm, f"{prefix}.final_layer_norm")
    spec.decoder.start_from_zero_embedding = shape.marian
    spec.decoder.projection.weight = embedding
    if shape.marian:
        spec.decoder.projection.bias = tensors["final_logits_bias"][0]
    tokens = [str(token) for token in range(shape.vocabulary)]
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.bos_token = spec.config.unk_token = "3"
    spec.config.eos_token = spec.config.decoder_start_token = str(shape.eos)
    folder.mkdir()
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(folder))


def write_prompts(shape, folder):
    """Random tokens that are not special ones, and the one that ends a source."""
    drawn = np.random.default_rng(SEED).integers(4, shape.vocabulary - 1, size=(PROMPTS, PROMPT_TOKENS - 1))
    prompts = [[*row, shape.eos] for row in drawn.tolist()]
    for name, count, tokens in (("prompts-64", 64, OUTPUT_TOKENS), ("prompts-16", 16, OUTPUT_TOKENS), ("first", 1, 1)):
        lines = (json.dumps({"prompt": prompt, "tokens": tokens}) + "\n" for prompt in prompts[:count])
        (folder / f"{name}.jsonl").write_text("".join(lines))


def main(name, folder):
    shape = SHAPES[name]
    folder.mkdir(parents=True)
    tensors = draw(shape)
    write_khulasa(shape, tensors, folder / "khulasa")
    write_ctranslate2(shape, tensors, folder / "ctranslate2", "int8_float32")
    if name == "opus":
        write_ctranslate2(shape, tensors, folder / "ctranslate2-f32", "float32")
    write_prompts(shape, folder)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in SHAPES:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
