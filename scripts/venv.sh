#!/usr/bin/env bash
# Makes .venv with the newest Python that is 3.11 or newer. PYTHON=… names another one.
set -euo pipefail
cd "$(dirname "$0")/.."

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if new_enough "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "${python:-}" ]; then
    echo "Posthouse needs Python 3.11 or newer (PYTHON=/path/to/python3 make setup)." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    scripts/debian-packages.sh run # Debian keeps these two in a package of their own
fi
[ -x .venv/bin/python ] || "$python" -m venv .venv
