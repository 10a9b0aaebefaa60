"""The command line: `python -m khulasa_training STEP …`."""

import argparse
import importlib
import sys

from .errors import TrainingError

STEPS = {
    "base": "fetch Gemma 3 270M and write it as a checkpoint",
    "prune": "cut a checkpoint's vocabulary to Arabic and English",
    "check": "look for faults in files of the corpus",
    "init": "set the task markers of a pruned checkpoint, or of an exported GGUF file, to train from",
    "data": "make token sequences of all sources, without any evaluation sentence",
    "overlap": "show that finished data share nothing with evaluation sets",
    "train": "fine-tune on CPU cores or on a CUDA device, or go on where that stopped",
    "curve": "plot the learning curve of a run",
    "average": "average checkpoints of one run",
    "evaluate": "measure checkpoints: BLEU, chrF, ROUGE",
    "export": "write a checkpoint as a quantised GGUF file that khulasa reads",
    "card": "write measured scores and the sources of the data into a model card",
}


def main() -> None:
    """Runs the step that the command line names."""
    parser = argparse.ArgumentParser(prog="khulasa_training", description="Train gist-ar-en, step by step.")
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    named = sys.argv[1] if len(sys.argv) > 1 else None
    for name, purpose in STEPS.items():
        step = steps.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
        if name == named:  # the others are not imported: torch alone takes seconds
            module = importlib.import_module(f".steps.{name}", __package__)
            module.arguments(step)
            step.set_defaults(do=module.run)
    args = parser.parse_args()
    try:
        args.do(args)
    except TrainingError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
