;;; Draft a design, then review and revise it until it is approved.
(workflow-lisp
  (:language "1.0")
  (defmodule stack/design)
  (import stack/types :only (Brief Document Decision Verdict))
  (export design-phase DesignResult)

  (defrecord Design (design Document))
  (defrecord Round (decision Decision))

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
             (loop/until
               :max 4
               :until (fn (round) (= round.decision Decision.APPROVE))
               (let* ((review (provider-result providers.reviewer
                                :prompt prompts.review-design
                                :inputs (brief draft.design)
                                :returns Verdict
                                :timeout-sec 1800
                                :bundle "artifacts/stack/state/design/review.json")))
                 (do
                   (when (= review.decision Decision.REVISE)
                     (let* ((revise (provider-result providers.author
                                      :prompt prompts.revise-design
                                      :inputs (draft.design review.findings)
                                      :returns Design
                                      :timeout-sec 3600
                                      :bundle "artifacts/stack/state/design/revise.json")))
                       revise))
                   (record Round :decision review.decision))))))
      (record DesignResult
        :design draft.design
        :decision review-loop.decision))))
