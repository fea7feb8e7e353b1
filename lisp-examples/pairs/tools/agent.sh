#!/usr/bin/env bash
# Stands in for an agent: reads its prompt, and answers what such an agent might.
set -euo pipefail
out=$ORCHESTRATOR_OUTPUT_BUNDLE_PATH
mkdir -p "$(dirname "$out")" notes
prompt=$(cat)
case $prompt in
  *"Write a note"*)
    echo "A note." >notes/note.md
    printf '{"note": "notes/note.md"}\n' >"$out" ;;
  *"Judge the note"*)
    verdict=REVISE
    grep -q better notes/note.md && verdict=APPROVE
    printf '{"verdict": "%s", "why": "It may be better."}\n' "$verdict" >"$out" ;;
  *)
    echo "A better note." >notes/note.md
    printf '{"note": "notes/note.md"}\n' >"$out" ;;
esac
