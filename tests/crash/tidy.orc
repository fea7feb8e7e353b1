;; Calls, and what runs at the end.
(defmodule tidy)
(export main)
(defrecord Out (n Int))
(defproc mark ((name String)) -> Int
  (command-result mark :argv ("./mark" name (text (string/length name))) :returns Int))
(defworkflow part ((word String)) -> Out
  (record Out :n (+ (mark word) (mark (string/concat word "!")))))
(defworkflow main () -> Out
  (finally
    (let* ((one (call part :word "one"))
           (two (call part :word "second")))
      (record Out :n (+ one.n two.n)))
    (mark "clean")))
