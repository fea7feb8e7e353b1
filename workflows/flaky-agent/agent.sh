#!/usr/bin/env bash
# Stands for an agent that takes its model and its prompt as arguments.
if [ "$1" = broken ]; then
  echo 'overloaded' >&2
  exit 1
fi
echo "blue, says $1"
