#!/usr/bin/env bash
# Stands for an agent that has ideas only.
cat > /dev/null
echo 'a race in the cache' > artifacts/fix-or-ask/idea.txt
