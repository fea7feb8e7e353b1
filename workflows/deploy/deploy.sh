#!/usr/bin/env bash
# deploy.sh TARGET: writes what it does to a log, or would.
mkdir -p artifacts/deploy
if [ "$DRY_RUN" = 1 ]; then echo "would deploy to $1"; else echo "deployed to $1"; fi >> artifacts/deploy/log.txt
