;;; One command with a checked answer.
(defmodule command)
(export command)

(defrecord Answer (answer Int))

(defworkflow command () -> Answer
  (let* ((ask (command-result say
                :argv ("bash" "lisp-examples/pairs/tools/say.sh" "answer" "42")
                :returns Answer
                :timeout-sec 10
                :bundle "state/ask.json")))
    (record Answer :answer ask.answer)))
