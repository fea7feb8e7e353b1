;;; Draft a design, then review and revise it until it is approved.
(workflow-lisp
  (:language "1.0")
  (defmodule stack/design)
  (import stack/types :only (Brief Document Decision Verdict))
  (export design-phase DesignResult)

  (defrecord Design (design Document))

  (defrecord DesignResult
    (design Document)
    (decision Decision))

  (defworkflow design-phase ((brief Brief)) -> DesignResult
    (let* ((draft (provider-result providers.author
                    :prompt prompts.draft-design
                    :inputs (brief)
                    :returns Design
                    :timeout-sec 3600
                    :bundle "artifacts/stack/state/design/draft.json"))
           (review-loop
             (loop/recur :max 4 :state draft :on-exhausted Decision.REVISE
               (fn (current)
                 (let* ((review (provider-result providers.reviewer
                                  :prompt prompts.review-design
                                  :inputs (brief current.design)
                                  :returns Verdict
                                  :timeout-sec 1800
                                  :bundle "artifacts/stack/state/design/review.json")))
                   (match review.decision
                     (APPROVE (done review.decision))
                     (REVISE
                       (let* ((revise (provider-result providers.author
                                        :prompt prompts.revise-design
                                        :inputs (current.design review.findings)
                                        :returns Design
                                        :timeout-sec 3600
                                        :bundle "artifacts/stack/state/design/revise.json")))
                         (continue revise)))))))))
      (record DesignResult :design draft.design :decision review-loop))))
