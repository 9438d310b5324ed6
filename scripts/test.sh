#!/usr/bin/env bash
# Every test, or those that pytest is asked for: scripts/test.sh [ARGUMENTS]
# All of them are run in two halves at once: whole servers and browsers are mostly waited for.
set -euo pipefail
cd "$(dirname "$0")/.."
pytest=.venv/bin/pytest
[ $# -eq 0 ] || exec $pytest "$@"

said=$(mktemp)
set -m # a group of its own, which can be interrupted
$pytest tests >"$said" 2>&1 &
whole=$!
set +m
trap 'kill -INT -- -$whole 2>/dev/null || true; rm -f "$said"' EXIT
failed=0
$pytest src || failed=$?
wait $whole || failed=$?
cat "$said"
exit $failed
