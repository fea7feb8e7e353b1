;; A review that asks for one revision, by a procedure handed over.
(defmodule phases)
(export main)
(defrecord Draft (text String) (round Int))
(defunion Verdict (APPROVE) (REVISE (why String)))
(defproc mark ((name String)) -> Int
  (command-result mark :argv ("./mark" name (text (string/length name))) :returns Int))
(defproc write ((round Int)) -> Draft
  (record Draft :text (text "draft " round) :round (mark (text "write " round))))
(defproc judge ((draft Draft) (round Int)) -> Verdict
  (let* ((seen (mark (text "judge " round))))
    (if (>= round 2) (variant Verdict APPROVE) (variant Verdict REVISE :why draft.text))))
(defworkflow main () -> Draft
  (loop/recur :max 4 :state (record Draft :text "" :round 1)
    (fn (s)
      (let* ((draft (write s.round)))
        (match (judge draft s.round)
          ((APPROVE) (done draft))
          ((REVISE revise) (continue (record Draft :text revise.why :round (+ s.round 1)))))))))
