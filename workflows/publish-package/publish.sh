#!/usr/bin/env bash
# Publishes, and says more than it should.
mkdir -p artifacts/publish
echo "published with a token of ${#PACKAGE_TOKEN} letters" > artifacts/publish/log.txt
echo "using $PACKAGE_TOKEN"
