#!/usr/bin/env bash
# Stands for an agent.
case "$(cat)" in
  *impossible*) exit 3 ;;
  *) echo 'painted' ;;
esac
