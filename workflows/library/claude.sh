#!/usr/bin/env bash
# An agent for the phases of this library: the prompt comes on standard input.
exec claude -p --permission-mode acceptEdits
