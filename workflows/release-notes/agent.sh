#!/usr/bin/env bash
# Stands for a writer; the release is its argument.
cat > /dev/null
mkdir -p artifacts/notes
printf '# %s\n\n- New: `--quiet` (#12)\n- Empty input is no crash any more (#14)\n' "$1" > "artifacts/notes/$1.md"
# A bare name is a file of the required directory.
echo "$1.md" > artifacts/notes/path.txt
