"""Measures what quantisation costs: GGUF files beside the first, in float32 with their weights dequantised.

    python models/measure.py SOURCE.ar REFERENCE.en LINES FIRST.gguf OTHER.gguf…

Of each file: its size; BLEU and chrF (sacrebleu) of greedy translations of the first LINES lines, and how many are the
first file's; and over the tokens of the first 100 references, the mean divergence KL(first ‖ file) of the next token's
distribution, in nats, with the mean cross-entropy of the reference.
"""

import sys
from pathlib import Path

import sacrebleu
import torch

from reference import load, prompt, shards, translate

FORCED = 100  # references whose every token's distribution is kept in memory


@torch.inference_mode()
def forced(model, tokenizer, arabic, english):
    """Log-probabilities of the next token at every token of the references, and those tokens. A reference with a
    token outside the output vocabulary is left out."""
    rows, targets = [], []
    for source, reference in zip(arabic, english):
        start = prompt(tokenizer, source)
        target = tokenizer.encode(reference).ids + [model.config.eos_token_id]
        if max(target) >= model.lm_head.out_features:
            continue
        ids = torch.tensor([start + target[:-1]])
        rows.append(model(ids, logits_to_keep=len(target)).logits[0].log_softmax(-1))
        targets += target
    return torch.cat(rows), torch.tensor(targets)


def main(arabic, english, files):
    print(f"{'MB':>8} {'BLEU':>6} {'chrF':>6} {'same':>5} {'KL':>8} {'entropy':>8}")
    first = None
    for file in files:
        size = sum(Path(reader.data.filename).stat().st_size for reader in shards(file))
        model, tokenizer = load(file)
        scores, targets = forced(model, tokenizer, arabic[:FORCED], english[:FORCED])
        entropy = -scores.gather(1, targets[:, None]).mean().item()
        output = translate(model, tokenizer, arabic)
        first = first or (scores, output)
        divergence = (first[0].exp() * (first[0] - scores)).sum(1).mean().item()
        same = sum(a == b for a, b in zip(first[1], output))
        bleu = sacrebleu.BLEU().corpus_score(output, [english]).score
        chrf = sacrebleu.CHRF().corpus_score(output, [english]).score
        print(f"{size / 1e6:8.2f} {bleu:6.2f} {chrf:6.2f} {same:5} {divergence:8.5f} {entropy:8.4f}  {file}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    lines = lambda name: Path(name).read_text().splitlines()[: int(sys.argv[3])]
    main(lines(sys.argv[1]), lines(sys.argv[2]), sys.argv[4:])
