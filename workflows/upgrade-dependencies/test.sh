#!/usr/bin/env bash
# The tests pass with everything but `right`.
rm -f artifacts/upgrade/ok
grep -q right artifacts/upgrade/current && exit 1
touch artifacts/upgrade/ok
