#!/bin/sh
# A folder of pages to JSON Lines: one digest a line, as docs/digest.md describes it.
# Run again, it goes on with the pages that have no line yet.
#
#   examples/folder_to_jsonl.sh FOLDER DIGESTS.jsonl
#
# The program khulasa is looked for on PATH. No page may have a line break or a quote in its name.
set -eu
LC_ALL=C
export LC_ALL

folder=${1:?which folder?}
digests=${2:?which file of digests?}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What was cut off in the middle of a line is done again.
touch "$digests"
if [ -n "$(tail -c 1 "$digests")" ]; then
    sed '$d' "$digests" > "$work/whole"
    cp "$work/whole" "$digests"
fi

sed 's/^{"schema":[0-9]*,"id":"\([^"]*\)".*/\1/' "$digests" | sort > "$work/done"
find "$folder" -type f \( -name '*.html' -o -name '*.htm' -o -name '*.txt' \) |
    sort | comm -23 - "$work/done" > "$work/todo"

if [ -s "$work/todo" ]; then
    tr '\n' '\0' < "$work/todo" | xargs -0 khulasa --format jsonl >> "$digests"
fi
