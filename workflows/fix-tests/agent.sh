#!/usr/bin/env bash
# Stands for an agent: needs two attempts.
cat > /dev/null
cd artifacts/fix-tests
if grep -q 'echo 41' answer.sh; then echo 'echo 43' > answer.sh; else echo 'echo 42' > answer.sh; fi
echo 'off by one' > summary.txt
