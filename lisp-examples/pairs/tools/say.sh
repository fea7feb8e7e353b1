#!/usr/bin/env bash
# say.sh KEY VALUE ...: answers with a JSON object of these.
set -euo pipefail
out=$ORCHESTRATOR_OUTPUT_BUNDLE_PATH
mkdir -p "$(dirname "$out")"
object=
while [ $# -gt 1 ]; do
  object+="${object:+, }\"$1\": $2"
  shift 2
done
printf '{%s}\n' "$object" >"$out"
