#!/usr/bin/env bash
# Every test, or those that pytest is asked for: scripts/test.sh [ARGUMENTS]
# All of them are run in two halves at once: whole houses and browsers are mostly waited for.
set -euo pipefail
cd "$(dirname "$0")/.."
pytest=.venv/bin/pytest
[ $# -eq 0 ] || exec $pytest "$@"

of_whole_houses=(tests/access tests/browser tests/scenarios)
said=$(mktemp)
set -m # a group of its own, which can be interrupted
$pytest "${of_whole_houses[@]}" >"$said" 2>&1 &
houses=$!
set +m
trap 'kill -INT -- -$houses 2>/dev/null || true; rm -f "$said"' EXIT
failed=0
$pytest "${of_whole_houses[@]/#/--ignore=}" || failed=$?
wait $houses || failed=$?
cat "$said"
exit $failed
