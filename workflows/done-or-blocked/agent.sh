#!/usr/bin/env bash
# Stands for an agent that lacks a password.
cat > /dev/null
printf 'The database wants a password.\n\nReason: access\n' > artifacts/outcome/blocker.md
