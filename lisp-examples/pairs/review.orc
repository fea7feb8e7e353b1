;;; An agent writes, another judges, and the first mends until it is approved.
(defmodule review)
(export review)

(defpath NotePath :kind relpath :under "notes" :must-exist true)
(defenum Verdict APPROVE REVISE)
(defrecord Note (note NotePath))
(defrecord Judgement (verdict Verdict) (why String))
(defrecord Reviewed (verdict Verdict))

(defworkflow review () -> Reviewed
  (let* ((write (provider-result writer
                  :prompt prompts.write
                  :returns Note
                  :timeout-sec 600
                  :bundle "state/write.json"))
         (rounds (loop/until
                   :max 3
                   :until (fn (round) (= round.verdict Verdict.APPROVE))
                   :on-exhausted (record Reviewed :verdict Verdict.REVISE)
                   (let* ((judge (provider-result writer
                                   :prompt prompts.judge
                                   :inputs (write.note)
                                   :returns Judgement
                                   :timeout-sec 600
                                   :bundle "state/judge.json")))
                     (do
                       (when (= judge.verdict Verdict.REVISE)
                         (let* ((mend (provider-result writer
                                        :prompt prompts.mend
                                        :inputs (write.note judge.why)
                                        :returns Note
                                        :timeout-sec 600
                                        :bundle "state/mend.json")))
                           mend))
                       (record Reviewed :verdict judge.verdict))))))
    (record Reviewed :verdict rounds.verdict)))
