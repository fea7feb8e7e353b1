#!/usr/bin/env bash
# Checks the greeter that the stack implements: does it greet, and does it
# refuse to greet nobody? Writes {"passed": true|false} as its bundle.
set -uo pipefail
script=$1
passed=true
[ "$(bash "$script" Ada 2>/dev/null)" = 'Hello, Ada!' ] || passed=false
bash "$script" >/dev/null 2>&1
[ $? -eq 2 ] || passed=false
printf '{ "passed": %s }\n' "$passed" > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH"
