#!/bin/sh
# A daily digest page: the articles that came into a folder during the last day, Arabic beside
# English, on one web page. For a crontab:
#
#   0 6 * * *  examples/daily_page.sh FOLDER "$HOME/digests/$(date +\%F).html"
#
# The program khulasa is looked for on PATH. No article may have a line break in its name.
set -eu
LC_ALL=C
export LC_ALL

folder=${1:?which folder?}
page=${2:?which page is to be written?}

new=$(find "$folder" -type f \( -name '*.html' -o -name '*.htm' -o -name '*.txt' \) -mtime -1 | sort)
set --
while IFS= read -r article; do
    [ -z "$article" ] || set -- "$@" "$article"
done <<END
$new
END

if [ $# -eq 0 ]; then
    echo "$folder: no new articles" >&2
    exit 0
fi
khulasa --format html --output "$page" "$@"
