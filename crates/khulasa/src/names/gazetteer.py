"""Writes gazetteer.tsv: names of countries, languages and cities, Arabic and English, from CLDR.

    pip install babel==2.18.0
    python3 gazetteer.py > gazetteer.tsv

Names of several words are left out, and those that are the same word in Arabic for two things.
"""

import re
import babel
from babel import Locale

arabic, english = Locale("ar"), Locale("en")
pairs = []
for kind in "territories", "languages":
    for code, name in getattr(arabic, kind).items():
        pairs.append((name, getattr(english, kind).get(code)))
for zone, names in arabic.time_zones.items():
    city = english.time_zones.get(zone, {}).get("city") or zone.split("/")[-1].replace("_", " ")
    pairs.append((names.get("city"), city))

found = {}
for source, target in pairs:
    if source and target and re.fullmatch(r"[ء-ي]+", source) and re.fullmatch(r"[A-Z][a-zà-ÿ]+", target):
        found.setdefault(source, set()).add(target)

print(f"# Names of countries, languages and cities from CLDR, as babel {babel.__version__} has them.")
print("# © 1991-2025 Unicode, Inc. Unicode-3.0: https://www.unicode.org/license.txt")
for source, targets in sorted(found.items()):
    if len(targets) == 1:
        print(source, *targets, sep="\t")
