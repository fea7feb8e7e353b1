;;; Working through a queue, one item at a time, until it is empty.
(defmodule std/drain)
(import std/context :only (DrainCtx ItemCtx))
(import std/phase :only (BlockerClass))
(import std/resource :only (WorkReport))
(export
  SelectionPayload GapPayload SelectionResult GapResult DrainResult
  backlog-drain-proc backlog-drain)

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
