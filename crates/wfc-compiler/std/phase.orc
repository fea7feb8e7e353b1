;;; A phase of work: do it, have it reviewed, revise it until it is good.
(defmodule std/phase)
(export
  BlockerClass ReviewReportPath ReviewFindingsJsonPath ReviewFindings ReviewDecision
  ReviewLoopResult WorkReportTarget ChecksReport ReviewReportTarget)

;;; Why work cannot go on.
(defenum BlockerClass
  missing_resource
  unavailable_hardware
  roadmap_conflict
  external_dependency_outside_authority
  user_decision_required
  unrecoverable_after_fix_attempt)

;;; The report of a review, which is there.
(defpath ReviewReportPath :kind relpath :under "artifacts/review" :must-exist true)

;;; The file with the findings of a review, which is there.
(defpath ReviewFindingsJsonPath :kind relpath :under "artifacts/work" :must-exist true)

;;; Where a report of work is to go.
(defpath WorkReportTarget :kind relpath :under "artifacts/work" :must-exist false)

;;; Where a report of checks is to go.
(defpath ChecksReport :kind relpath :under "artifacts/work" :must-exist false)

;;; Where the report of a review is to go.
(defpath ReviewReportTarget :kind relpath :under "artifacts/review" :must-exist false)

;;; What a review found: the file that lists it, and the version of its layout.
(defrecord ReviewFindings
  (schema_version String)
  (items_path ReviewFindingsJsonPath))

;;; What a reviewer says.
(defunion ReviewDecision
  (APPROVE (review_report ReviewReportPath) (findings ReviewFindings))
  (REVISE (review_report ReviewReportPath) (findings ReviewFindings))
  (BLOCKED
    (review_report ReviewReportPath)
    (blocker_class BlockerClass)
    (findings ReviewFindings)))

;;; How reviewing and revising ended.
(defunion ReviewLoopResult
  (APPROVED (review_report ReviewReportPath) (findings ReviewFindings))
  (BLOCKED
    (review_report ReviewReportPath)
    (blocker_class BlockerClass)
    (findings ReviewFindings))
  (EXHAUSTED
    (last_review_report ReviewReportPath)
    (findings ReviewFindings)
    (reason String)))
