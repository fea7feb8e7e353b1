#!/usr/bin/env bash
set -euo pipefail
bash artifacts/app/run.sh | diff - artifacts/app/expected.txt
