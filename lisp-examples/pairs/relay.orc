;;; What one call gives is what the next one gets.
(defmodule relay)
(import double :only (double Number))
(export relay)

(defworkflow relay () -> Number
  (let* ((first (call double :n 7))
         (second (call double :n first.n)))
    (record Number :n second.n)))
