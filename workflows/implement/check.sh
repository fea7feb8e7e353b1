#!/usr/bin/env bash
# The program prints what is expected of it.
set -euo pipefail
bash artifacts/app/run.sh | diff - artifacts/app/expected.txt
