#!/usr/bin/env bash
# Every test, or those that pytest is asked for: scripts/test.sh [ARGUMENTS]
# All of them are run in three parts at once that cost about as much; whole houses often wait.
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONDONTWRITEBYTECODE # each of hundreds of processes imports hundreds of modules
pytest=${PYTEST:-.venv/bin/pytest}
[ $# -eq 0 ] || exec $pytest "$@"

of_whole_houses=(tests/access tests/scenarios)
of_browsers=(tests/browser tests/test_bench.py)
said=$(mktemp -d)
parts=()
beside() { # NAME PATH…: a part that is heard when all have ended
    set -m # a group of its own, which can be interrupted
    $pytest "${@:2}" >"$said/$1" 2>&1 &
    parts+=($!)
    set +m
}
trap 'for part in "${parts[@]}"; do kill -INT -- -$part 2>/dev/null || true; done; rm -rf "$said"' EXIT

beside houses "${of_whole_houses[@]}"
beside browsers "${of_browsers[@]}"
others=("${of_whole_houses[@]}" "${of_browsers[@]}")
failed=0
$pytest "${others[@]/#/--ignore=}" || failed=$?
for part in "${parts[@]}"; do wait $part || failed=$?; done
cat "$said"/*
exit $failed
