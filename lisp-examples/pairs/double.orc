;;; Called by others: a number, ten times as large.
(defmodule double)
(export double Number)

(defrecord Number (n Int))

(defworkflow double ((n Int :default 1)) -> Number
  (let* ((twice (command-result say
                  :argv ("bash"
                         "lisp-examples/pairs/tools/say.sh"
                         "n"
                         (text n "0"))
                  :returns Number
                  :bundle "state/twice.json")))
    (record Number :n twice.n)))
