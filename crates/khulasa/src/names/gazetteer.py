"""Writes gazetteer.tsv: countries and cities, Arabic and English, and languages, from CLDR.

    pip install babel==2.18.0
    python3 gazetteer.py > gazetteer.tsv

Names of several words or with letters that newspapers do without are left out, and Arabic words
that stand for two things. Languages have no Arabic: it means the people's adjective as well.
"""

import re
import babel
from babel import Locale

arabic, english = Locale("ar"), Locale("en")
pairs = [(name, english.territories.get(code)) for code, name in arabic.territories.items()]
for zone, names in arabic.time_zones.items():
    city = english.time_zones.get(zone, {}).get("city") or zone.split("/")[-1].replace("_", " ")
    pairs.append((names.get("city"), city))

plain = re.compile(r"[A-Z][a-z]+")
found = {}
for source, target in pairs:
    if source and target and re.fullmatch(r"[ء-ي]+", source) and plain.fullmatch(target):
        found.setdefault(source, set()).add(target)

print(f"# Countries, cities and languages from CLDR, as babel {babel.__version__} has them.")
print("# Copyright 1991-2025 Unicode, Inc.: see LICENSE-UNICODE beside it.")
for source, targets in sorted(found.items()):
    if len(targets) == 1:
        print(source, *targets, sep="\t")
for name in sorted(set(english.languages.values())):
    if plain.fullmatch(name):
        print("", name, sep="\t")
