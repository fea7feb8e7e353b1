#!/usr/bin/env bash
# Stands for an agent.
case "$(cat)" in
  *crashes*) class=BUG ;;
  *'be nice'*) class=WISH ;;
  *) class=NOISE ;;
esac
echo "$class" > artifacts/triage/class.txt
