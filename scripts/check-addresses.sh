#!/usr/bin/env bash
# No committed file may name a package registry: whoever installs has his own.
set -euo pipefail
cd "$(dirname "$0")/.."
pattern='"resolved": *"https?:|(extra-)?index-url[ =]|find-links[ =]|registry *= *"?https?:'
if git grep -nIE "$pattern" -- . ':!scripts'; then
    echo "these lines name a package registry" >&2
    exit 1
fi
