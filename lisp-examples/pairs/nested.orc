;;; A choice in a loop, with a call in one of its cases.
(defmodule nested)
(import double :only (double Number))
(export nested)

(defenum Size SMALL LARGE)

(defworkflow nested ((size Size :default LARGE)) -> Number
  (let* ((rounds
           (loop/until :max 4 :until (fn (round) (>= round.n 10))
             (let* ((cut (match size
                           (SMALL
                            (let* ((few (command-result say
                                          :argv ("bash"
                                                 "lisp-examples/pairs/tools/say.sh"
                                                 "n" "1")
                                          :returns Number
                                          :bundle "state/few.json")))
                              (record Number :n few.n)))
                           (LARGE
                            (let* ((many (call double :n 5)))
                              (record Number :n many.n))))))
               (record Number :n cut.n)))))
    (record Number :n rounds.n)))
