#!/usr/bin/env bash
# Stands for an agent that needs to know more.
cat > /dev/null
echo '{ "result": "BLOCKED", "hours": 0.2, "question": "Which time zone?" }' > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH"
