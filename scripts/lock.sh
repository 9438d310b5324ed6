#!/usr/bin/env bash
# Pins requirements*.in with hashes, for every platform, naming no registry.
# `scripts/lock.sh --upgrade` takes the newest versions, without it only what changed moves.
set -euo pipefail
cd "$(dirname "$0")/.."

pin() {
    local set=$1
    shift
    .venv/bin/uv pip compile "$set.in" --output-file "$set.txt" --quiet \
        --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"
}

pin requirements "$@"
pin requirements-build --constraints requirements.txt "$@"
pin requirements-dev --constraints requirements.txt --constraints requirements-build.txt "$@"
if grep -nE '://|index|find-links' requirements*.txt; then
    echo "requirements*.txt may not name an address" >&2
    exit 1
fi
