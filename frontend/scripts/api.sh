#!/bin/sh
# Makes src/shared/api/schema.ts from the server's OpenAPI. With --check: fails when it is out of date.
set -eu
cd "$(dirname "$0")/.."
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
python=${PYTHON:-../.venv/bin/python}
PYTHONPATH=../src "$python" -c '
import json, sys
from posthouse.servers.http.app import openapi_schema
json.dump(openapi_schema(), sys.stdout)' > "$made/openapi.json"
npx --no-install openapi-typescript "$made/openapi.json" -o "$made/schema.ts" > /dev/null
if [ "${1:-}" = --check ]; then
  cmp -s "$made/schema.ts" src/shared/api/schema.ts || { echo "schema.ts is out of date: npm run api" >&2; exit 1; }
else
  cp "$made/schema.ts" src/shared/api/schema.ts
fi
