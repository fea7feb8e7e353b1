#!/usr/bin/env bash
# Stands for two models.
cat > /dev/null
case "$2" in
  quick) answer='{ "answer": "Perhaps the keys change.", "confidence": 0.4 }' ;;
  *) answer='{ "answer": "The build number is part of each key.", "confidence": 0.95 }' ;;
esac
echo "$answer" > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH"
