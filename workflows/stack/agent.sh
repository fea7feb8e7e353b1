#!/usr/bin/env bash
# A stand-in for a coding agent: reads a prompt on standard input, does the
# task that its heading names, and writes the declared bundle. It keeps no
# memory; what it decides follows from the files it finds, so it can be
# killed and started again at any point.
set -euo pipefail

prompt=$(cat)
task=$(sed -n 's/^# Task: //p' <<<"$prompt" | head -n 1)
bundle=$ORCHESTRATOR_OUTPUT_BUNDLE_PATH
base=artifacts/stack
[ -z "${STAND_IN_LOG:-}" ] || printf '%s\n' "$task" >> "$STAND_IN_LOG"
# A little time, so that there is something to watch and to interrupt.
sleep "${STAND_IN_SECONDS:-0.2}"

answer() { printf '%s\n' "$1" > "$bundle"; }
write() { mkdir -p "$(dirname "$1")"; cat > "$1"; }
review() { # file, verdict, words
  write "$base/review/$1.md" <<<"$3"
  answer "{ \"decision\": \"$2\", \"findings\": \"$base/review/$1.md\" }"
}

case $task in
  'draft the design')
    write "$base/docs/design.md" <<'TEXT'
# Design: a greeter

One bash script, `greet.sh NAME`. It prints `Hello, NAME!`. Without a name it
prints its usage on standard error and exits with 2. Checked by running both.
TEXT
    answer "{ \"design\": \"$base/docs/design.md\" }" ;;
  'review the design')
    if grep -q '^## Going back' "$base/docs/design.md"; then
      review design APPROVE 'Nothing is missing.'
    else
      review design REVISE 'The design does not say how a user goes back.'
    fi ;;
  'revise the design')
    grep -q '^## Going back' "$base/docs/design.md" || cat >> "$base/docs/design.md" <<'TEXT'

## Going back

Delete the script; it leaves nothing else behind.
TEXT
    answer "{ \"design\": \"$base/docs/design.md\" }" ;;
  'draft the plan' | 'revise the plan')
    write "$base/docs/plan.md" <<'TEXT'
# Plan

1. Write `greet.sh`. Check: `bash greet.sh Ada` prints `Hello, Ada!`.
2. Refuse to greet nobody. Check: `bash greet.sh` exits with 2.
3. Say how to go back. Check: the report names the one file to delete.
TEXT
    answer "{ \"plan\": \"$base/docs/plan.md\" }" ;;
  'review the plan')
    review plan APPROVE 'Every part of the design has a step and a check.' ;;
  'implement the plan')
    write "$base/work/greet.sh" <<'TEXT'
printf 'Hello, %s!\n' "$1"
TEXT
    write "$base/work/report.md" <<'TEXT'
# Report

Wrote `greet.sh`. To go back, delete it.
TEXT
    answer "{ \"report\": \"$base/work/report.md\" }" ;;
  'review the implementation')
    if grep -q '^- checks_passed: True' <<<"$prompt"; then
      review implementation APPROVE 'The checks pass and the plan is carried out.'
    else
      review implementation REVISE 'Without a name the script greets nobody and exits with 0.'
    fi ;;
  'fix the implementation')
    write "$base/work/greet.sh" <<'TEXT'
if [ $# -eq 0 ]; then
  echo "usage: greet.sh NAME" >&2
  exit 2
fi
printf 'Hello, %s!\n' "$1"
TEXT
    grep -q 'usage' "$base/work/report.md" ||
      echo 'Fixed: without a name it prints its usage and exits with 2.' >> "$base/work/report.md"
    answer "{ \"report\": \"$base/work/report.md\" }" ;;
  *)
    echo "agent.sh: no such task: '$task'" >&2
    exit 1 ;;
esac
echo "done: $task"
