#!/usr/bin/env bash
# Writes its arguments, NAME=VALUE each, as the step's JSON bundle.
set -euo pipefail
out=$ORCHESTRATOR_OUTPUT_BUNDLE_PATH
separator='{'
for pair in "$@"; do
  value=${pair#*=}
  value=${value//\\/\\\\}
  printf '%s "%s": "%s"' "$separator" "${pair%%=*}" "${value//\"/\\\"}"
  separator=','
done > "$out"
printf ' }\n' >> "$out"
