"""Arabic as it is also written: each kind of noise changes a whole text. (Tatweel and invisible characters need none:
`prompts.clean` takes them away, as khulasa does, so the model never meets them.)"""

import random
import re
from collections.abc import Callable

MARKS = re.compile("[\u064b-\u0652]")
TANWIN = re.compile(r"(?<=\w\w[^\W\dو])ا\b")
WESTERN, ARABIC = "0123456789%", "٠١٢٣٤٥٦٧٨٩٪"
NUMBER = re.compile(r"[\d٫.,%٪]*\d[٪%]?")


def hamza(text: str) -> str:
    """Alif without its hamza or madda."""
    return re.sub("[أإآ]", "ا", text)


def ta_marbuta(text: str) -> str:
    """A final ta marbuta without its dots."""
    return re.sub(r"ة\b", "ه", text)


def ya(text: str) -> str:
    """A final alif maqsura with dots."""
    return re.sub(r"ى\b", "ي", text)


def diacritics(text: str) -> str:
    """No vowel signs if there are some; otherwise the sign that is written most, tanwin before a final alif."""
    return MARKS.sub("", text) if MARKS.search(text) else TANWIN.sub("ًا", text)


def digits(text: str) -> str:
    """The other kind of digits."""
    if any(d in text for d in ARABIC):
        return text.translate(str.maketrans(ARABIC + "٫", WESTERN + "."))
    swap = str.maketrans(WESTERN, ARABIC)
    return NUMBER.sub(lambda n: re.sub(r"(?<=\d)\.(?=\d)", "٫", n[0]).translate(swap), text)


KINDS: dict[str, Callable[[str], str]] = {kind.__name__: kind for kind in (hamza, ta_marbuta, ya, diacritics, digits)}


def noisy(text: str, rates: dict[str, float], random: random.Random) -> str:
    """A text with one kind of noise or none, each as often as its rate says."""
    drawn = random.random()
    for kind, rate in rates.items():
        drawn -= rate
        if drawn < 0:
            return KINDS[kind](text)
    return text
