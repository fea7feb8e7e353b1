;;; A workflow calls another.
(defmodule call)
(import double :only (double Number))
(export call)

(defworkflow call ((n Int :default 4)) -> Number
  (let* ((grow (call double :n n)))
    (record Number :n grow.n)))
