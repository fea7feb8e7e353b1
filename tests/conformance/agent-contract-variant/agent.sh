cat
mkdir -p out
echo '{"kind": "BLOCKED", "note": "n", "why": "w"}' > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH"
