;;; Working through a queue, one item at a time, until it is empty.
(defmodule std/drain)
(import std/context :only (DrainCtx ItemCtx))
(import std/phase :only (BlockerClass))
(import std/resource :only (WorkReport))
(export
  SelectionPayload GapPayload SelectionResult GapResult DrainResult
  DrainTerminalKind DrainLoopTerminal DrainLoopState empty-drain-result-proc
  blocked-drain-result-proc completed-drain-result-proc finalize-drain-terminal
  consume-drain-terminal-effects settle-drain-terminal backlog-drain-proc
  backlog-drain)

;;; The item that was selected, and the folder of its state.
(defrecord SelectionPayload
  (item-id String)
  (item-state-root Path.state-root))

;;; What is missing before an item can be selected.
(defrecord GapPayload
  (gap-id String))

;;; What the selector found.
(defunion SelectionResult
  (EMPTY)
  (GAP (gap GapPayload))
  (SELECTED (selection SelectionPayload))
  (BLOCKED (reason String)))

;;; Whether the queue goes on after a gap was closed.
(defunion GapResult
  (CONTINUE)
  (BLOCKED (progress-report-path WorkReport) (blocker-class BlockerClass)))

;;; How working through the queue ended. A report is there when the work on an
;;; item or a gap was what stopped it.
(defunion DrainResult
  (EMPTY)
  (COMPLETED (items-processed Int))
  (BLOCKED
    (items-processed Int)
    (progress-report-path Optional[WorkReport])
    (blocker-class BlockerClass)))

;;; The ways in which the rounds of a queue end.
(defenum DrainTerminalKind empty blocked completed exhausted)

;;; How the rounds of a queue ended, before that is noted.
(defunion DrainLoopTerminal
  (EMPTY (items_processed Int) (progress_report_path WorkReport))
  (BLOCKED
    (items_processed Int)
    (progress_report_path WorkReport)
    (blocker_class BlockerClass))
  (COMPLETED (items_processed Int) (progress_report_path WorkReport))
  (EXHAUSTED
    (items_processed Int)
    (progress_report_path WorkReport)
    (blocker_class BlockerClass)))

;;; What one round of a queue hands to the next.
(defrecord DrainLoopState
  (items-processed Int)
  (progress-report-path WorkReport))

;;; What is known of a queue when it ends.
(defschema DrainOutcome
  (variant String)
  (items_processed Int)
  (progress_report_path WorkReport)
  (blocker_class BlockerClass)
  (has_blocker Bool))

;;; How the queue ended.
(defrecord DrainOutcomeState (:include DrainOutcome))

;;; The end of a queue.
(defrecord DrainOutcomeRequest (:include DrainOutcome))

;;; How the queue ended, and what its summary shows.
(defresource drain-run-state
  :state-type DrainOutcomeState
  :backing state-layout)

;;; Notes how a queue ended.
(deftransition record-drain-outcome
  :resource drain-run-state
  :request-type DrainOutcomeRequest
  :result-type DrainOutcomeRequest
  :preconditions ((!= request.variant ""))
  :updates ((set-field variant request.variant)
            (set-field items_processed request.items_processed)
            (set-field progress_report_path request.progress_report_path)
            (set-field blocker_class request.blocker_class)
            (set-field has_blocker request.has_blocker))
  :write-set (variant items_processed progress_report_path blocker_class
              has_blocker)
  :idempotency-fields (variant items_processed progress_report_path
                       blocker_class has_blocker)
  :result request
  :audit request
  :conflict-policy fail_closed
  :backend runtime_native)

;;; The result of a queue in which there was nothing to do.
(defproc empty-drain-result-proc
  ((_items-processed Int) (_summary-target WorkReport))
  -> DrainResult
  (variant DrainResult EMPTY))

;;; The result of a queue that something has stopped.
(defproc blocked-drain-result-proc
  ((items-processed Int)
   (summary-target WorkReport)
   (blocker-class BlockerClass))
  -> DrainResult
  (variant DrainResult BLOCKED
    :items-processed items-processed
    :progress-report-path (some summary-target)
    :blocker-class blocker-class))

;;; The result of a queue that was worked through.
(defproc completed-drain-result-proc
  ((items-processed Int) (_summary-target WorkReport))
  -> DrainResult
  (variant DrainResult COMPLETED :items-processed items-processed))

;;; The result of a queue whose rounds have ended so.
(defproc finalize-drain-terminal ((terminal DrainLoopTerminal)) -> DrainResult
  (match terminal
    ((EMPTY it)
     (empty-drain-result-proc it.items_processed it.progress_report_path))
    ((COMPLETED it)
     (completed-drain-result-proc it.items_processed it.progress_report_path))
    ((BLOCKED it)
     (blocked-drain-result-proc
       it.items_processed it.progress_report_path it.blocker_class))
    ((EXHAUSTED it)
     (blocked-drain-result-proc
       it.items_processed it.progress_report_path it.blocker_class))))

;;; Notes how the rounds of a queue ended, and writes a summary of it; gives the
;;; path of the summary.
(defproc consume-drain-terminal-effects
  ((terminal DrainLoopTerminal))
  -> WorkReport
  (let* ((request
           (match terminal
             ((EMPTY it)
              (record DrainOutcomeRequest
                :variant "EMPTY"
                :items_processed it.items_processed
                :progress_report_path it.progress_report_path
                :blocker_class BlockerClass.missing_resource
                :has_blocker false))
             ((COMPLETED it)
              (record DrainOutcomeRequest
                :variant "COMPLETED"
                :items_processed it.items_processed
                :progress_report_path it.progress_report_path
                :blocker_class BlockerClass.missing_resource
                :has_blocker false))
             ((BLOCKED it)
              (record DrainOutcomeRequest
                :variant "BLOCKED"
                :items_processed it.items_processed
                :progress_report_path it.progress_report_path
                :blocker_class it.blocker_class
                :has_blocker true))
             ((EXHAUSTED it)
              (record DrainOutcomeRequest
                :variant "BLOCKED"
                :items_processed it.items_processed
                :progress_report_path it.progress_report_path
                :blocker_class it.blocker_class
                :has_blocker true))))
         (outcome
           (resource-transition
             :transition record-drain-outcome
             :resource drain-run-state
             :request request)))
    (materialize-view drain-summary
      :value outcome
      :renderer canonical-json
      :returns WorkReport)))

;;; Notes how the rounds of a queue ended, and gives the result.
(defproc settle-drain-terminal ((terminal DrainLoopTerminal)) -> DrainResult
  (do
    (consume-drain-terminal-effects terminal)
    (finalize-drain-terminal terminal)))

;;; Works through a queue, at most so many rounds. Each round asks the selector
;;; for the next item and has it run; or has a gap closed, which is no item. It
;;; ends when the queue is empty, when something is blocked, and when no round
;;; is left: then it is blocked as `unrecoverable_after_fix_attempt`.
(defproc backlog-drain-proc
  :forall (SelectionT PayloadT GapT RunResultT GapResultT)
  ((ctx DrainCtx)
   (selector ProcRef[(DrainCtx) -> SelectionT])
   (run-item ProcRef[(ItemCtx PayloadT) -> RunResultT])
   (gap-drafter ProcRef[(DrainCtx GapT) -> GapResultT])
   (max-iterations Int))
  :where ((SelectionT has-union-variant EMPTY)
          (SelectionT has-union-variant GAP (gap GapT))
          (SelectionT has-union-variant SELECTED (selection PayloadT))
          (SelectionT has-union-variant BLOCKED)
          (PayloadT has-field item-id String)
          (PayloadT has-field item-state-root Path.state-root)
          (RunResultT has-union-variant CONTINUE)
          (RunResultT has-union-variant BLOCKED
            (summary-path WorkReport)
            (blocker-class BlockerClass))
          (GapResultT has-union-variant CONTINUE)
          (GapResultT has-union-variant BLOCKED
            (progress-report-path WorkReport)
            (blocker-class BlockerClass)))
  -> DrainResult
  (loop/recur
    :max max-iterations
    :state 0
    :on-exhausted
      (variant DrainResult BLOCKED
        :items-processed processed
        :progress-report-path none
        :blocker-class BlockerClass.unrecoverable_after_fix_attempt)
    (fn (processed)
      (let* ((selected (selector ctx)))
        (match selected
          (EMPTY
           (done
             (if (= processed 0)
                 (variant DrainResult EMPTY)
                 (variant DrainResult COMPLETED :items-processed processed))))
          (BLOCKED
           (done
             (variant DrainResult BLOCKED
               :items-processed processed
               :progress-report-path none
               :blocker-class BlockerClass.user_decision_required)))
          ((SELECTED found)
           (let* ((item
                    (record ItemCtx
                      :run ctx.run
                      :item-id found.selection.item-id
                      :state-root found.selection.item-state-root
                      :artifact-root ctx.run.artifact-root
                      :ledger ctx.ledger))
                  (ran (run-item item found.selection)))
             (match ran
               (CONTINUE
                (continue (+ processed 1)))
               ((BLOCKED it)
                (done
                  (variant DrainResult BLOCKED
                    :items-processed processed
                    :progress-report-path (some it.summary-path)
                    :blocker-class it.blocker-class))))))
          ((GAP found)
           (let* ((drafted (gap-drafter ctx found.gap)))
             (match drafted
               (CONTINUE
                (continue processed))
               ((BLOCKED it)
                (done
                  (variant DrainResult BLOCKED
                    :items-processed processed
                    :progress-report-path (some it.progress-report-path)
                    :blocker-class it.blocker-class)))))))))))

;;; `(backlog-drain name :ctx ctx :selector (proc-ref s) :run-item (proc-ref r)
;;; :gap-drafter (proc-ref g) :max-iterations 10)`
(defmacro backlog-drain (name &key ctx selector run-item gap-drafter
                         max-iterations)
  (let* ((name
           (backlog-drain-proc
             :ctx ctx
             :selector selector
             :run-item run-item
             :gap-drafter gap-drafter
             :max-iterations max-iterations)))
    name))
