;;; From a brief to an approved implementation: design, plan, implementation.
(workflow-lisp
  (:language "1.0")
  (defmodule stack/stack)
  (import stack/types :only (Brief Document Report Decision))
  (import stack/design :only (design-phase))
  (import stack/plan :only (plan-phase))
  (import stack/implementation :only (implementation-phase))
  (export stack StackResult)

  (defrecord StackResult
    (design Document)
    (plan Document)
    (report Report)
    (decision Decision))

  (defworkflow stack
    ((brief Brief :default "workflows/stack/brief.md"))
    -> StackResult
    (let* ((design (call design-phase :brief brief))
           (plan (call plan-phase :design design.design))
           (implementation (call implementation-phase :plan plan.plan)))
      (record StackResult
        :design design.design
        :plan plan.plan
        :report implementation.report
        :decision implementation.decision))))
