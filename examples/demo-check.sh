#!/usr/bin/env bash
# Runs the demo to its end without a terminal, then looks for what it must have said.
set -euo pipefail
examples=$(cd "$(dirname "$0")" && pwd)
log="$examples/../demo/log.txt"
mkdir -p "$(dirname "$log")"

if ! "$examples/demo.sh" </dev/null >"$log" 2>&1; then
  tail -n 20 "$log"
  echo "the demo ended with an error" >&2
  exit 1
fi
missing=0
while IFS= read -r line; do
  grep -qF -- "$line" "$log" || { echo "the demo did not say: $line" >&2; missing=1; }
done <"$examples/expected.txt"
if grep -q $'\033' "$log"; then
  echo "the demo wrote colours to a file" >&2
  missing=1
fi
((missing == 0)) && echo "the demo said what it must: $(wc -l <"$log") lines in demo/log.txt"
exit "$missing"
