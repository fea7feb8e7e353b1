;;; Draft a plan for an approved design, then review and revise it until it is
;;; approved.
(workflow-lisp
  (:language "1.0")
  (defmodule stack/plan)
  (import stack/types :only (Document Decision Verdict))
  (export plan-phase PlanResult)

  (defrecord Plan (plan Document))
  (defrecord Round (decision Decision))

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
             (loop/until
               :max 4
               :until (fn (round) (= round.decision Decision.APPROVE))
               (let* ((review (provider-result providers.reviewer
                                :prompt prompts.review-plan
                                :inputs (design draft.plan)
                                :returns Verdict
                                :timeout-sec 1800
                                :bundle "artifacts/stack/state/plan/review.json")))
                 (do
                   (when (= review.decision Decision.REVISE)
                     (let* ((revise (provider-result providers.author
                                      :prompt prompts.revise-plan
                                      :inputs (draft.plan review.findings)
                                      :returns Plan
                                      :timeout-sec 3600
                                      :bundle "artifacts/stack/state/plan/revise.json")))
                       revise))
                   (record Round :decision review.decision))))))
      (record PlanResult :plan draft.plan :decision review-loop.decision))))
