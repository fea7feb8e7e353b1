#!/usr/bin/env bash
# Stands for a writer and an editor.
cat > /dev/null
mkdir -p artifacts/versions
case "$1" in
  write)
    echo 'Rain again.' > artifacts/versions/one.md
    echo artifacts/versions/one.md > artifacts/versions/text.txt
    ;;
  edit) echo 'short and good' > artifacts/versions/remark.txt ;;
esac
