;; A loop with a typed state.
(defmodule fold)
(export main)
(defrecord Total (n Int) (words List[String]))
(defproc mark ((name String)) -> Int
  (command-result mark :argv ("./mark" name (text (string/length name))) :returns Int))
(defworkflow main () -> Total
  (loop/recur :max 3 :state (record Total :n 0 :words (list "a" "bb" "ccc")) :on-exhausted s
    (fn (s)
      (match (list/head s.words)
        ((some word)
          (continue (record Total :n (+ s.n (mark word)) :words (list/rest s.words))))
        (none (done s))))))
