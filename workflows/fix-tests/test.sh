#!/usr/bin/env bash
# The test: the program prints 42. What went wrong is left for the agent.
set -euo pipefail
found=$(bash artifacts/fix-tests/answer.sh)
echo "expected 42, found $found" | tee artifacts/fix-tests/test.log
[ "$found" = 42 ]
