"""A Gemma 3 GGUF file in PyTorch and transformers, as float32 whatever its quantisation: the reference that khulasa's
own inference is measured against. The tokenizer is rebuilt from the file's own vocabulary.

    python models/reference.py MODEL.gguf < arabic.txt

translates standard input line by line. Of a split file, name the first shard.
"""

import re
import sys
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader, dequantize
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import DynamicCache, Gemma3ForCausalLM, Gemma3TextConfig

# GGUF's names -> transformers' names.
NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
LAYER_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}

# Token types of GGUF's tokenizer.ggml.token_type.
NORMAL, UNKNOWN, CONTROL, USER_DEFINED = 1, 2, 3, 4

# Tatweel and bidirectional controls never reach the model.
DROPPED = re.compile("[\u0640\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def metadata(reader):
    """All metadata of an open GGUF file, by key."""
    return {key: field.contents() for key, field in reader.fields.items()}


def shards(path):
    """The readers of a GGUF file: one, or one for each shard."""
    first = GGUFReader(path)
    count = metadata(first).get("split.count", 1)
    name = lambda i: str(path).replace("-00001-of-", f"-{i:05}-of-")
    return [first] + [GGUFReader(name(i)) for i in range(2, count + 1)]


def tensors(readers):
    """All tensors of open GGUF shards, dequantised to float32, by GGUF name."""
    return {
        t.name: torch.from_numpy(np.array(dequantize(t.data, t.tensor_type))) for r in readers for t in r.tensors
    }


def transformers_name(name):
    """The name that transformers gives to the GGUF tensor `name`."""
    if layer := re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight", name):
        return f"model.layers.{layer[1]}.{LAYER_NAMES[layer[2]]}.weight"
    return NAMES[name.removesuffix(".weight")] + ".weight"


def state_dict(weights):
    """GGUF tensors under transformers' names. GGUF stores Gemma's norm weights as 1 + w, transformers as w."""
    return {transformers_name(name): w - 1 if name.endswith("norm.weight") else w for name, w in weights.items()}


def build_tokenizer(meta):
    """The SentencePiece BPE of a `llama`-type GGUF vocabulary: the piece of the higher score is merged first."""
    tokens, types = meta["tokenizer.ggml.tokens"], meta["tokenizer.ggml.token_type"]
    vocab = {token: id for id, token in enumerate(tokens)}
    scores = dict(zip(tokens, meta["tokenizer.ggml.scores"]))
    normal = {token for token, type in zip(tokens, types) if type == NORMAL}
    merges = []
    for token in sorted(normal, key=lambda t: -scores[t]):
        halves = [(token[:i], token[i:]) for i in range(1, len(token))]
        halves = [pair for pair in halves if pair[0] in normal and pair[1] in normal]
        merges += sorted(halves, key=lambda pair: (vocab[pair[0]], vocab[pair[1]]))
    unknown = tokens[meta["tokenizer.ggml.unknown_token_id"]]
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token=unknown, fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    special = [t for t, type in zip(tokens, types) if type in (CONTROL, UNKNOWN)]
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t, type in zip(tokens, types) if type == USER_DEFINED])
    return tokenizer


def config(meta):
    """transformers' configuration of a Gemma 3 GGUF file: every sixth layer sees the whole sequence."""
    key = lambda name: meta["gemma3." + name]
    layers = key("block_count")
    rope = lambda base: {"rope_type": "default", "rope_theta": float(base)}
    return Gemma3TextConfig(
        vocab_size=len(meta["tokenizer.ggml.tokens"]),
        hidden_size=key("embedding_length"),
        num_hidden_layers=layers,
        intermediate_size=key("feed_forward_length"),
        num_attention_heads=key("attention.head_count"),
        num_key_value_heads=key("attention.head_count_kv"),
        head_dim=key("attention.key_length"),
        query_pre_attn_scalar=key("attention.key_length"),
        rms_norm_eps=key("attention.layer_norm_rms_epsilon"),
        sliding_window=key("attention.sliding_window"),
        max_position_embeddings=key("context_length"),
        layer_types=["full_attention" if i % 6 == 5 else "sliding_attention" for i in range(layers)],
        rope_parameters={
            "full_attention": rope(key("rope.freq_base")),
            "sliding_attention": rope(meta.get("gemma3.rope.freq_base_swa", 10_000)),
        },
        bos_token_id=meta["tokenizer.ggml.bos_token_id"],
        eos_token_id=meta["tokenizer.ggml.eos_token_id"],
        pad_token_id=meta["tokenizer.ggml.padding_token_id"],
        tie_word_embeddings=True,
    )


def load(path, dtype=torch.float32):
    """Opens a GGUF file. Returns transformers' model and its tokenizer. The output head is cut to the ids that the
    model may produce: they come first in the embedding."""
    readers = shards(path)
    meta = metadata(readers[0])
    model = Gemma3ForCausalLM(config(meta))
    model.load_state_dict(state_dict(tensors(readers)), strict=False)
    model = model.to(dtype).eval()
    restrict_output(model, meta.get("khulasa.output_vocab_size", model.config.vocab_size))
    return model, build_tokenizer(meta)


def restrict_output(model, ids):
    """Cuts the output head to the first `ids` rows of the embedding; the two go on sharing memory."""
    model.lm_head.weight = torch.nn.Parameter(model.model.embed_tokens.weight.data[:ids], requires_grad=False)
    model.lm_head.out_features = ids


def prompt(tokenizer, arabic):
    """`<bos> <unused0> ARABIC <unused1>` as token ids, whitespace folded to single spaces."""
    text = " ".join(DROPPED.sub("", arabic).split())
    marker = tokenizer.token_to_id
    return [marker("<bos>"), marker("<unused0>"), *tokenizer.encode(text).ids, marker("<unused1>")]


def max_new_tokens(prompt_length):
    """How many tokens a translation may have: half as many again as its prompt, and 20."""
    return prompt_length * 3 // 2 + 20


def steps(model, prompts):
    """Greedy decoding of token-id lists, padded on the left and run together. Yields (number of the prompt, token,
    how far its logit is above the next one's) as the tokens come, `<eos>` included; what is finished leaves the batch."""
    rows = list(range(len(prompts)))
    width = max(map(len, prompts))
    pad = lambda fill, length: [fill] * (width - length)
    ids = torch.tensor([pad(model.config.pad_token_id, len(p)) + p for p in prompts])
    mask = torch.tensor([pad(0, len(p)) + [1] * len(p) for p in prompts])
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache = DynamicCache(config=model.config)
    for _ in range(max_new_tokens(width)):
        logits = model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, logits_to_keep=1
        ).logits[:, 0]
        best = logits.topk(2, dim=1)
        tokens = best.indices[:, 0]
        yield from zip(rows, tokens.tolist(), (best.values[:, 0] - best.values[:, 1]).tolist())
        live = (tokens != model.config.eos_token_id).nonzero()[:, 0]
        if len(live) == 0:
            return
        if len(live) < len(rows):
            cache.batch_select_indices(live)
            rows, tokens, mask, positions = [rows[i] for i in live], tokens[live], mask[live], positions[live]
        ids = tokens[:, None]
        mask = torch.cat([mask, mask.new_ones(len(rows), 1)], 1)
        positions = positions[:, -1:] + 1


@torch.inference_mode()
def translate(model, tokenizer, sentences, batch=96):
    """Greedy English for each Arabic sentence: batches of similar lengths, results in order."""
    prompts = [prompt(tokenizer, s) for s in sentences]
    ids = [[] for _ in prompts]
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for start in range(0, len(order), batch):
        group = order[start : start + batch]
        for row, token, _ in steps(model, [prompts[i] for i in group]):
            ids[group[row]].append(token)
    return [tokenizer.decode(row).strip() for row in ids]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for english in translate(*load(Path(sys.argv[1])), sys.stdin.read().splitlines()):
        print(english)
