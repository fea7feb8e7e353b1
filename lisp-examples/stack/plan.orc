;;; Draft a plan for an approved design, then review and revise it until it is
;;; approved.
(workflow-lisp
  (:language "1.0")
  (defmodule stack/plan)
  (import stack/types :only (Document Decision Verdict))
  (export plan-phase PlanResult)

  (defrecord Plan (plan Document))

  (defrecord PlanResult
    (plan Document)
    (decision Decision))

  (defworkflow plan-phase ((design Document)) -> PlanResult
    (let* ((draft (provider-result providers.author
                    :prompt prompts.draft-plan
                    :inputs (design)
                    :returns Plan
                    :timeout-sec 3600
                    :bundle "artifacts/stack/state/plan/draft.json"))
           (review-loop
             (loop/recur :max 4 :state draft :on-exhausted Decision.REVISE
               (fn (current)
                 (let* ((review (provider-result providers.reviewer
                                  :prompt prompts.review-plan
                                  :inputs (design current.plan)
                                  :returns Verdict
                                  :timeout-sec 1800
                                  :bundle "artifacts/stack/state/plan/review.json")))
                   (match review.decision
                     (APPROVE (done review.decision))
                     (REVISE
                       (let* ((revise (provider-result providers.author
                                        :prompt prompts.revise-plan
                                        :inputs (current.plan review.findings)
                                        :returns Plan
                                        :timeout-sec 3600
                                        :bundle "artifacts/stack/state/plan/revise.json")))
                         (continue revise)))))))))
      (record PlanResult :plan draft.plan :decision review-loop))))
