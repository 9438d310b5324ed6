#!/usr/bin/env bash
# Every test, or those that pytest is asked for: scripts/test.sh [ARGUMENTS]
# All of them are run in two halves at once: who drives a browser mostly waits for it.
set -euo pipefail
cd "$(dirname "$0")/.."
pytest=.venv/bin/pytest
[ $# -eq 0 ] || exec $pytest "$@"

said=$(mktemp)
set -m # a group of its own, which can be interrupted
$pytest tests/browser >"$said" 2>&1 &
browser=$!
set +m
trap 'kill -INT -- -$browser 2>/dev/null || true; rm -f "$said"' EXIT
failed=0
$pytest --ignore=tests/browser || failed=$?
wait $browser || failed=$?
cat "$said"
exit $failed
