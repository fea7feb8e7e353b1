#!/usr/bin/env bash
# The tool of this example; it has no option.
echo slow
