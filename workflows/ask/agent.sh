#!/usr/bin/env bash
# Stands for an agent.
cat > /dev/null
echo '{ "answer": "The file LICENSE.md has it.", "sure": true }' > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH"
