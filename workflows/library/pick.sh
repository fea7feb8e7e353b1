#!/usr/bin/env bash
# pick.sh QUEUE STATE: writes how many files wait in QUEUE, and the first of them.
set -euo pipefail
mkdir -p "$2"
shopt -s nullglob
files=("$1"/*)
echo "${#files[@]}" > "$2/left.txt"
echo "${files[0]:-none}" > "$2/item.txt"
