cat
mkdir -p out
echo "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH"
echo '{"verdict": "APPROVE", "files": ["docs/a"], "sizes": {"a": 1}, "why": null}' > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH"
