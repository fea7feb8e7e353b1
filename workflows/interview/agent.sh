#!/usr/bin/env bash
# Stands for an agent that wants to know two things.
cat > /dev/null
heard=artifacts/interview/heard.txt
if [ -f "$heard" ] && [ "$(wc -l < "$heard")" -ge 2 ]; then
  echo '{ "state": "KNOWS", "text": "For the team, by June." }'
else
  echo '{ "state": "ASKING", "text": "For whom, and by when?" }'
fi > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH"
