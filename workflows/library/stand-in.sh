#!/usr/bin/env bash
# Stands for an agent in the examples of this library: reads the prompt, does
# the task with canned text, and writes the values that the contract asks for.
set -euo pipefail
prompt=$(cat)
value() { sed -n "s/^- $1: //p" <<< "$prompt" | head -n 1; }
out=$ORCHESTRATOR_OUTPUT_BUNDLE_PATH
state=$(dirname "$out")

case "$prompt" in
  *'# Task: draft'*)
    target=$(value target)
    mkdir -p "$(dirname "$target")"
    printf '# Draft\n\nOf %s.\n' "$(value task)" > "$target"
    echo "{ \"document\": \"$target\" }" > "$out"
    ;;
  *'# Task: review'*)
    # It wants to see an answer to its first findings.
    if grep -q Revised "$(value document)"; then
      decision=APPROVE
      echo 'Nothing left.' > "$state/findings.md"
    else
      decision=REVISE
      echo '- Say how it is checked.' > "$state/findings.md"
    fi
    echo "{ \"decision\": \"$decision\", \"findings\": \"$state/findings.md\" }" > "$out"
    ;;
  *'# Task: fix'*)
    printf '\nRevised: a test runs it.\n' >> "$(value document)"
    echo '{ "answered": 1 }' > "$out"
    ;;
  *'# Task: implement'*)
    # The first attempt forgets something; the log of the check says what.
    mkdir -p artifacts/app
    echo 'echo hello' > artifacts/app/run.sh
    if [ -s "$(value last_check)" ]; then echo 'hello' > artifacts/app/expected.txt; fi
    echo '{ "summary": "wrote the program" }' > "$out"
    ;;
  *'# Task: work'*)
    echo "done: $(head -n 1 "$(value item)")" >> "$state/worked.txt"
    echo '{ "summary": "did it" }' > "$out"
    ;;
  *)
    echo 'this stand-in does not know the task' >&2
    exit 2
    ;;
esac
