;;; One way for each word of an enum.
(defmodule choice)
(export choice)

(defenum Size SMALL LARGE)
(defrecord Parts (parts Int))

(defworkflow choice ((size Size :default LARGE)) -> Parts
  (let* ((cut (match size
                (SMALL
                 (let* ((few (command-result say
                               :argv ("bash" "lisp-examples/pairs/tools/say.sh"
                                      "parts" "1")
                               :returns Parts
                               :bundle "state/few.json")))
                   (record Parts :parts few.parts)))
                (LARGE
                 (let* ((many (command-result say
                                :argv ("bash" "lisp-examples/pairs/tools/say.sh"
                                       "parts" "8")
                                :returns Parts
                                :bundle "state/many.json")))
                   (record Parts :parts many.parts))))))
    (record Parts :parts cut.parts)))
