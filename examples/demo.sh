#!/usr/bin/env bash
# Real orders of a year and an invented clickstream, each asked what it can answer. Every command is
# printed before it runs; what it makes stays in demo/, to look at and to go on with.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
PATH="$source/.venv/bin:$PATH"
mkdir -p "$source/demo"
cd "$source/demo"
rm -rf online-retail clicks

run() {
  printf '\n$'
  for word in "$@"; do
    [[ "$word" == *' '* ]] && printf " '%s'" "$word" || printf ' %s' "$word"
  done
  printf '\n'
  "$@"
}
title() { printf '\n== %s\n' "$*"; }

title "A year of a wholesaler's orders: 541,909 lines of invoices"
cp -r "$source/examples/online-retail" .
cd online-retail
run tailorbird check
run tailorbird import online_retail.parquet --mapping uci-online-retail

title "Who are the customers, and what became of them within a week?"
run tailorbird segments
run tailorbird personas
run tailorbird score loyalty --top 5

title "The largest customer, and why she is one of the best"
run tailorbird person 14646 --last 3
run tailorbird explain best_customers 14646 --facts 2

title "The same by rank among everybody"
run tailorbird figures
run tailorbird segment top_fifth

title "The best customers over the year, drawn to best_customers.svg"
run tailorbird size best_customers --from 2011-03-01 --to 2011-12-01 --every 4w --plot best_customers.svg

title "Which segments say the same, or nothing?"
run tailorbird health

title "Do all readings agree on these people?"
run tailorbird prove --people 100 --instants 10

title "As a version that stays"
run tailorbird publish --note "what purchases can answer"

title "What if loyal took twenty points instead of fifteen? And what did those people do later?"
run sed -i.bak 's/score("loyalty") > 15/score("loyalty") > 20/' definitions/2_segments.yaml
run tailorbird diff --at 2011-11-01

title "An invented clickstream: what visits can answer"
cd ..
run tailorbird init clicks
cd clicks
run tailorbird simulate --events 200k --seed 7 --out clicks.parquet --truth truth.json
run tailorbird import clicks.parquet --mapping simulated
run tailorbird segments
run tailorbird prove --people 50 --instants 10

title "The same live: one visit, told by the kits of three makers"
run tailorbird publish
key=$(tailorbird keys create demo --json | python -c 'import json, sys; print(json.load(sys.stdin)["key"])')
port=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf '\n$ tailorbird serve --port %s &\n' "$port"
tailorbird serve --port "$port" >serve.txt 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
run python "$source/examples/collect.py" "http://127.0.0.1:$port" "$key" | sed "s/$key/KEY/"
run tailorbird person ann --last 5
run tailorbird explain abandoned_cart ann
run tailorbird rejects list
kill "$server"
wait "$server" || true
trap - EXIT
