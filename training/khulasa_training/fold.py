"""Words as they are compared: what an editor, a keyboard or noise may change makes no difference."""

import re
import unicodedata

LETTERS = str.maketrans("أإآٱىةؤئ٠١٢٣٤٥٦٧٨٩", "اااايهوي0123456789")
IGNORED = re.compile("[\u0640\u064b-\u0652\u0670]")
WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The words of a text in lower case, without vowel signs and tatweel, hamzas and final letters in one form."""
    folded = IGNORED.sub("", unicodedata.normalize("NFKC", text)).lower().translate(LETTERS)
    return WORD.findall(folded)
