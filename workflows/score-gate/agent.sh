#!/usr/bin/env bash
# Stands for a judge.
cat > /dev/null
echo '{ "score": 0.65, "reasons": { "clarity": 0.9, "news": 0.4 }, "rewrite": null }' > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH"
