echo noted > note.txt
echo '{"type":"turn.started"}'
printf '{"type":"item.completed","item":{"type":"agent_message","text":"one\\ntwo\\n"}}\n'
echo '{"type":"turn.completed"}'
