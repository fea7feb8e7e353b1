;; The values of a body, one for each item, and a union that decides.
(defmodule map)
(export main)
(defrecord Out (sizes List[Int]) (count Int))
(defunion Size (SMALL) (LARGE (n Int)))
(defproc mark ((name String)) -> Int
  (command-result mark :argv ("./mark" name (text (string/length name))) :returns Int))
(defproc size ((word String)) -> Size
  (let* ((n (mark word)))
    (if (> n 2) (variant Size LARGE :n n) (variant Size SMALL))))
(defworkflow main () -> Out
  (record Out
    :sizes (list/map-effect ((word (list "a" "bb" "ccc")))
             (match (size word)
               ((SMALL) 0)
               ((LARGE large) (+ large.n (mark (string/concat "large " word))))))
    :count (for-each ((word (list "x" "y"))) (mark word))))
