"""Writes articles whose sentences are words of the articles in examples/ in any order, to be worked through end to end.

    python benches/peers/texts.py FOLDER SENTENCES

50 sentences of 8 to 20 words make a file, 5 a paragraph.
"""

import random
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main(folder, count):
    texts = (path.read_text() for path in sorted((ROOT / "examples/articles").glob("*.txt")))
    words = [word for text in texts for word in re.findall(r"\b[\u0621-\u064a]{2,}\b", text)]
    chosen = random.Random(count)
    sentences = [" ".join(chosen.choices(words, k=chosen.randint(8, 20))) + "." for _ in range(count)]
    folder.mkdir(parents=True)
    for start in range(0, count, 50):
        article = sentences[start : start + 50]
        paragraphs = (" ".join(article[i : i + 5]) for i in range(0, len(article), 5))
        (folder / f"{start // 50:04}.txt").write_text("\n\n".join(paragraphs) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), int(sys.argv[2]))
