#!/usr/bin/env bash
# Stands for three reviewers.
cat > /dev/null
case "$1" in
  security) answer='{ "approve": true, "risk": 1, "comments": [] }' ;;
  tests) answer='{ "approve": false, "risk": 4, "comments": ["a negative index"] }' ;;
  *) answer='{ "approve": true, "risk": 0, "comments": ["one line is long"] }' ;;
esac
echo "$answer" > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH"
