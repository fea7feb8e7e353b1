;;; A phase of work: do it, have it reviewed, revise it until it is good.
(defmodule std/phase)
(import std/context :only (PhaseCtx))
(export
  BlockerClass ReviewReportPath ReviewFindingsJsonPath ReviewFindings
  ReviewDecision ReviewLoopResult WorkReportTarget ChecksReport
  ReviewReportTarget PhaseScopeTargets review-revise-loop
  review-revise-loop-proc review-revise review-revise-by-agents with-phase
  phase-target phase-scope run-provider-phase)

;;; Why work cannot go on.
(defenum BlockerClass
  missing_resource
  unavailable_hardware
  roadmap_conflict
  external_dependency_outside_authority
  user_decision_required
  unrecoverable_after_fix_attempt)

;;; The report of a review, which is there.
(defpath ReviewReportPath
  :kind relpath
  :under "artifacts/review"
  :must-exist true)

;;; The file with the findings of a review, which is there.
(defpath ReviewFindingsJsonPath
  :kind relpath
  :under "artifacts/work"
  :must-exist true)

;;; Where a report of work is to go.
(defpath WorkReportTarget
  :kind relpath
  :under "artifacts/work"
  :must-exist false)

;;; Where a report of checks is to go.
(defpath ChecksReport :kind relpath :under "artifacts/work" :must-exist false)

;;; Where the report of a review is to go.
(defpath ReviewReportTarget
  :kind relpath
  :under "artifacts/review"
  :must-exist false)

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

;;; The files of a phase, all at once.
(defrecord PhaseScopeTargets
  (ctx PhaseCtx)
  (execution-report-target WorkReportTarget)
  (progress-report-target WorkReportTarget)
  (checks-report-target ChecksReport)
  (review-report-target ReviewReportTarget)
  (last-review-report-target ReviewReportTarget))

;;; What one round of reviewing hands to the next.
(defrecord ReviewRound :forall (CompletedT)
  (completed CompletedT)
  (left Int))

;;; Has work reviewed, and revised for as long as the reviewer asks for it: at
;;; most so many rounds. A round is a review, and a fix if the reviewer wants
;;; one; the last round ends with its fix, which nobody reviews.
(defproc review-revise
  :forall (CompletedT InputsT)
  ((completed CompletedT)
   (inputs InputsT)
   (review ProcRef[(CompletedT InputsT) -> ReviewDecision])
   (fix ProcRef[(CompletedT InputsT ReviewFindings) -> CompletedT])
   (max_iterations Int))
  :where ((CompletedT is-record) (InputsT is-record))
  -> ReviewLoopResult
  (loop/recur
    :max max_iterations
    :state (record ReviewRound :completed completed :left max_iterations)
    (fn (round)
      (let* ((decision (review round.completed inputs)))
        (match decision
          ((APPROVE it)
           (done
             (variant ReviewLoopResult APPROVED
               :review_report it.review_report
               :findings it.findings)))
          ((BLOCKED it)
           (done
             (variant ReviewLoopResult BLOCKED
               :review_report it.review_report
               :blocker_class it.blocker_class
               :findings it.findings)))
          ((REVISE it)
           (let* ((fixed (fix round.completed inputs it.findings)))
             (if (> round.left 1)
                 (continue (record ReviewRound
                             :completed fixed
                             :left (- round.left 1)))
                 (done
                   (variant ReviewLoopResult EXHAUSTED
                     :last_review_report it.review_report
                     :findings it.findings
                     :reason "max_iterations_reached"))))))))))

;;; `review-revise` with the parameters that it had when a first report and
;;; first findings were needed; they are not read.
(defproc review-revise-loop-proc
  :forall (CtxT CompletedT InputsT)
  ((ctx CtxT)
   (completed CompletedT)
   (inputs InputsT)
   (initial_review_report ReviewReportPath)
   (initial_findings ReviewFindings)
   (review ProcRef[(CompletedT InputsT) -> ReviewDecision])
   (fix ProcRef[(CompletedT InputsT ReviewFindings) -> CompletedT])
   (max_iterations Int))
  :where ((CtxT is-record) (CompletedT is-record) (InputsT is-record))
  -> ReviewLoopResult
  (review-revise completed inputs review fix max_iterations))

;;; Has work reviewed and revised by procedures, in the phase `name`:
;;; `(review-revise-loop name :ctx ctx :completed work :inputs inputs
;;; :review (proc-ref r) :fix (proc-ref f) :max 3)`.
(defmacro review-revise-loop (name &key ctx completed inputs review fix max)
  (with-phase ctx name
    (review-revise
      :completed completed
      :inputs inputs
      :review review
      :fix fix
      :max_iterations max)))

;;; Has an agent revise work.
(defproc revise-by-agent
  :forall (CompletedT InputsT FindingsT)
  ((fixer Provider)
   (prompt Prompt)
   (completed CompletedT)
   (inputs InputsT)
   (findings FindingsT))
  -> CompletedT
  (provider-result fixer
    :prompt prompt
    :inputs (completed inputs findings)
    :returns CompletedT))

;;; Has work reviewed and revised by agents. The reviewer answers with the
;;; result of the whole: `APPROVED` or `BLOCKED`, or `EXHAUSTED` when the work
;;; is to be revised; the last such answer stands when no round is left.
(defproc review-revise-by-agents
  :forall (CompletedT InputsT FindingsT ResultT)
  ((completed CompletedT)
   (inputs InputsT)
   (reviewer Provider)
   (review-prompt Prompt)
   (fixer Provider)
   (fix-prompt Prompt)
   (max_iterations Int))
  :where ((ResultT has-union-variant APPROVED)
          (ResultT has-union-variant BLOCKED)
          (ResultT has-union-variant EXHAUSTED (findings FindingsT)))
  -> ResultT
  (loop/recur
    :max max_iterations
    :state (record ReviewRound :completed completed :left max_iterations)
    (fn (round)
      (let* ((answer
               (provider-result reviewer
                 :prompt review-prompt
                 :inputs (round.completed inputs)
                 :returns ResultT)))
        (match answer
          (APPROVED (done answer))
          (BLOCKED (done answer))
          ((EXHAUSTED it)
           (let* ((fixed
                    (revise-by-agent fixer fix-prompt round.completed inputs
                                     it.findings)))
             (if (> round.left 1)
                 (continue (record ReviewRound
                             :completed fixed
                             :left (- round.left 1)))
                 (done answer)))))))))

;;; `review-revise-loop` when it is used with `:review-provider`.
(defmacro review-revise-loop-by-agents (name &key ctx completed inputs
                                        review-provider fix-provider
                                        review-prompt fix-prompt max returns)
  (with-phase ctx name
    (the returns
      (review-revise-by-agents
        :completed completed
        :inputs inputs
        :reviewer review-provider
        :review-prompt review-prompt
        :fixer fix-provider
        :fix-prompt fix-prompt
        :max_iterations max))))

;;; The files of a phase in a record.
(defmacro phase-scope (name &key ctx phase)
  (with-phase ctx phase
    (record PhaseScopeTargets
      :ctx ctx
      :execution-report-target (phase-target execution-report)
      :progress-report-target (phase-target progress-report)
      :checks-report-target (phase-target checks-report)
      :review-report-target (phase-target review-report)
      :last-review-report-target (phase-target last-review-report))))

;;; Has an agent do the work of a phase. Its prompt shows the inputs, and where
;;; to write the report of what was done, or of how far it got.
(defmacro run-provider-phase (name &key ctx inputs provider prompt returns)
  (with-phase (the PhaseCtx ctx) name
    (provider-result provider
      :prompt prompt
      :inputs ((:as inputs inputs)
               (:as execution_report_target (phase-target execution-report))
               (:as progress_report_target (phase-target progress-report)))
      :returns returns)))
