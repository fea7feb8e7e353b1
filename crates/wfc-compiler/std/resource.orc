;;; Items of a queue: what became of the one that was selected.
(defmodule std/resource)
(import std/phase :as phase)
(export
  BlockerClass WorkReport StateExisting SelectedItemResult
  finalize-selected-item-proc resource-transition finalize-selected-item)

;;; Why work cannot go on: that of std/phase.
(deftype BlockerClass phase.BlockerClass)

;;; A report of work, which is there.
(defpath WorkReport :kind relpath :under "artifacts/work" :must-exist true)

;;; A file of state, which is there.
(defpath StateExisting :kind relpath :under "state" :must-exist true)

;;; Whether the queue goes on after an item.
(defunion SelectedItemResult
  (CONTINUE (summary-path WorkReport))
  (BLOCKED (summary-path WorkReport) (blocker-class BlockerClass)))

;;; What became of an item: the queue goes on when its plan was approved and
;;; carried out, and stops when either was blocked.
(defproc finalize-selected-item-proc
  :forall (PlanT ImplT)
  ((selected-active Bool)
   (queue-transition-id String)
   (roadmap-status String)
   (plan PlanT)
   (implementation ImplT))
  :where ((PlanT has-union-variant APPROVED (execution-report-path WorkReport))
          (PlanT has-union-variant BLOCKED
            (progress-report-path WorkReport)
            (blocker-class BlockerClass))
          (ImplT has-union-variant COMPLETED (execution-report-path WorkReport))
          (ImplT has-union-variant BLOCKED
            (progress-report-path WorkReport)
            (blocker-class BlockerClass)))
  -> SelectedItemResult
  (match plan
    ((BLOCKED it)
     (variant SelectedItemResult BLOCKED
       :summary-path it.progress-report-path
       :blocker-class it.blocker-class))
    (APPROVED
     (match implementation
       ((COMPLETED it)
        (variant SelectedItemResult CONTINUE
          :summary-path it.execution-report-path))
       ((BLOCKED it)
        (variant SelectedItemResult BLOCKED
          :summary-path it.progress-report-path
          :blocker-class it.blocker-class))))))
