#!/usr/bin/env bash
# Stands for a clerk.
cat > /dev/null
cat > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH" <<'JSON'
{ "actions": ["Mend the build", "Ask for the budget"], "owners": { "Ada": 2, "Bo": 1 }, "next": null }
JSON
