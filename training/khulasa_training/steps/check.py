"""Looks for faults in files of the corpus. Faults fail the step; what is only worth a look does not."""

import argparse
import json
import re
import sys
from pathlib import Path

from ..fold import words
from ..sets import Pair, read_lines

ARABIC = re.compile("[\u0600-\u06ff]")
WESTERN = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789", "٬,")
RATIOS = (0.6, 2.6)
"""Characters of English for one of Arabic, in sentences."""

KEYS = {"id", "topic", "title", "sentences", "summary"}
SENTENCES = range(9, 14)
SUMMARY_WORDS = range(32, 65)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the step takes."""
    parser.add_argument("paths", nargs="+", type=Path, help="files of the corpus, or its folder")


def numbers(text: str) -> set[str]:
    """The numbers of two and more digits."""
    return set(re.findall(r"\d\d+", text.translate(WESTERN)))


class Checker:
    """Reads files one after the other and prints what is wrong with them."""

    def __init__(self) -> None:
        """Nothing seen so far."""
        self.seen: dict[str, str] = {}
        self.faults = self.pairs = self.articles = 0

    def fault(self, where: str, what: str) -> None:
        """Reports a fault."""
        self.faults += 1
        print(f"{where}: {what}")

    def pair(self, where: str, pair: Pair, lexicon: bool = False) -> None:
        """Checks one pair; entries of a lexicon may be of any length."""
        arabic, english = pair
        self.pairs += 1
        if not arabic.strip() or not english.strip():
            return self.fault(where, "one side is empty")
        if re.search(r"[\t\n]|\|\|\|", arabic + english):
            self.fault(where, "tab, line break or |||")
        if ARABIC.search(english):
            self.fault(where, f"Arabic letters in the English: {english[:60]}")
        if not ARABIC.search(arabic):
            self.fault(where, f"no Arabic letters in {arabic[:60]}")
        ratio = len(english) / len(arabic)
        if not lexicon and len(arabic) > 25 and not RATIOS[0] <= ratio <= RATIOS[1]:
            self.fault(where, f"{ratio:.2f} characters of English for one of Arabic: {arabic[:60]}")
        key = " ".join(words(arabic))
        if len(words(arabic)) > 3 and key in self.seen:
            self.fault(where, f"the Arabic of {self.seen[key]} again: {arabic[:60]}")
        self.seen[key] = where
        if lost := numbers(arabic) - numbers(english):
            print(f"{where}: look: {', '.join(sorted(lost))} in the Arabic only")
        return None

    def article(self, where: str, line: str) -> None:
        """Checks one article."""
        self.articles += 1
        try:
            article = json.loads(line)
        except ValueError as error:
            return self.fault(where, f"no JSON: {error}")
        if article.keys() != KEYS:
            return self.fault(where, f"keys are {', '.join(article)}")
        self.pair(f"{where} title", article["title"])
        if len(article["sentences"]) not in SENTENCES:
            self.fault(where, f"{len(article['sentences'])} sentences")
        for number, pair in enumerate(article["sentences"], 1):
            self.pair(f"{where} sentence {number}", pair)
        if len(article["summary"].split()) not in SUMMARY_WORDS:
            self.fault(where, f"a summary of {len(article['summary'].split())} words")
        if ARABIC.search(article["summary"]):
            self.fault(where, "Arabic letters in the summary")
        return None

    def file(self, path: Path) -> None:
        """Checks one file."""
        for number, line in enumerate(read_lines(path), 1):
            where = f"{path.name}:{number}"
            if path.suffix == ".jsonl":
                self.article(where, line)
            elif line.count("\t") == 1:
                arabic, english = line.split("\t")
                self.pair(where, (arabic, english), lexicon=path.name.startswith("lexicon"))
            else:
                self.fault(where, f"{line.count(chr(9)) + 1} columns instead of 2")


def run(args: argparse.Namespace) -> None:
    """Does it."""
    checker = Checker()
    for path in args.paths:
        files = sorted(f for f in path.iterdir() if f.suffix in (".jsonl", ".tsv")) if path.is_dir() else [path]
        for file in files:
            checker.file(file)
    print(f"{checker.articles} articles, {checker.pairs} pairs, {checker.faults} faults")
    sys.exit(1 if checker.faults else 0)
