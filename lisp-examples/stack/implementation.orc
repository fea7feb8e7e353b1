;;; Implement an approved plan, then check, review and fix until it is
;;; approved.
(workflow-lisp
  (:language "1.0")
  (defmodule stack/implementation)
  (import stack/types :only (Document Report Decision Verdict))
  (export implementation-phase ImplementationResult)

  (defrecord Implementation (report Report))
  (defrecord CheckResult (passed Bool))
  (defrecord Round (decision Decision))

  (defrecord ImplementationResult
    (report Report)
    (decision Decision))

  (defworkflow implementation-phase ((plan Document)) -> ImplementationResult
    (let* ((implement (provider-result providers.author
                        :prompt prompts.implement
                        :inputs (plan)
                        :returns Implementation
                        :timeout-sec 14400
                        :bundle "artifacts/stack/state/implementation/implement.json"))
           (review-loop
             (loop/until
               :max 4
               :until (fn (round) (= round.decision Decision.APPROVE))
               (let* ((checks (command-result check
                                :argv ("bash" "workflows/stack/check.sh"
                                       "artifacts/stack/work/greet.sh")
                                :returns CheckResult
                                :timeout-sec 60
                                :bundle "artifacts/stack/state/implementation/checks.json"))
                      (review (provider-result providers.reviewer
                                :prompt prompts.review-implementation
                                :inputs (plan
                                         implement.report
                                         (:as checks_passed checks.passed))
                                :returns Verdict
                                :timeout-sec 1800
                                :bundle "artifacts/stack/state/implementation/review.json")))
                 (do
                   (when (= review.decision Decision.REVISE)
                     (let* ((fix (provider-result providers.author
                                   :prompt prompts.fix-implementation
                                   :inputs (plan implement.report
                                            review.findings)
                                   :returns Implementation
                                   :timeout-sec 14400
                                   :bundle "artifacts/stack/state/implementation/fix.json")))
                       fix))
                   (record Round :decision review.decision))))))
      (record ImplementationResult
        :report implement.report
        :decision review-loop.decision))))
