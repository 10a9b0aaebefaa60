"""Writes a GGUF model of khulasa's as a folder that transformers loads: bfloat16 safetensors and a tokenizer.json.

    python benches/peers/prepare.py MODEL.gguf FOLDER
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "models"))
from reference import load  # noqa: E402

if len(sys.argv) != 3:
    sys.exit(__doc__)
model, tokenizer = load(sys.argv[1], torch.bfloat16)
model.config.output_vocab = model.lm_head.out_features
model.lm_head.weight = model.model.embed_tokens.weight
model.save_pretrained(sys.argv[2])
tokenizer.save(str(Path(sys.argv[2]) / "tokenizer.json"))
