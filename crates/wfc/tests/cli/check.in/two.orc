(defmodule two)
(export first second)

(defworkflow first () -> Int 1)
(defworkflow second () -> Int 2)
