#!/usr/bin/env bash
# Stands for an agent.
cat > /dev/null
echo 'replaced two calls'
