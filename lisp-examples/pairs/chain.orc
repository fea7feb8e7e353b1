;;; The answer of one command is an argument of the next.
(defmodule chain)
(export chain)

(defrecord Number (n Int))
(defrecord Last (last Int))

(defworkflow chain ((start Int :default 3)) -> Last
  (let* ((first (command-result say
                  :argv ("bash"
                         "lisp-examples/pairs/tools/say.sh"
                         "n"
                         (text start))
                  :returns Number
                  :bundle "state/first.json"))
         (second (command-result say
                   :argv ("bash"
                          "lisp-examples/pairs/tools/say.sh"
                          "n"
                          (text "1" first.n))
                   :returns Number
                   :bundle "state/second.json")))
    (record Last :last second.n)))
