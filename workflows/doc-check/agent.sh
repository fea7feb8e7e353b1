#!/usr/bin/env bash
# Stands for an agent: sees both files in its prompt.
prompt=$(cat)
case "$prompt" in
  *'# Task: check'*--fast*'echo slow'*)
    echo '{ "stale": 1, "findings": ["There is no --fast."] }' > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH" ;;
  *docs/usage.md*) echo 'removed a sentence' ;;
  *) exit 2 ;;
esac
