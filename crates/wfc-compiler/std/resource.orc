;;; Items of a queue: what became of the one that was selected.
(defmodule std/resource)
(import std/phase :as phase)
(export
  BlockerClass WorkReport StateExisting SelectedItemResult
  SelectedItemOutcomeState SelectedItemOutcomeRequest SelectedItemOutcomeResult
  SelectedItemOutcomeAudit SelectedItemSummaryValue selected-item-outcome
  record-selected-item-outcome finalize-selected-item-proc resource-transition
  finalize-selected-item)

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

;;; What is known of an item when it is done with. Without a blocker the class
;;; of one says nothing.
(defschema SelectedItemOutcome
  (variant String)
  (summary_path WorkReport)
  (blocker_class BlockerClass)
  (has_blocker Bool)
  (roadmap_status String)
  (queue_transition_id String))

;;; The last item that was done with.
(defrecord SelectedItemOutcomeState (:include SelectedItemOutcome))

;;; An item that is done with.
(defrecord SelectedItemOutcomeRequest (:include SelectedItemOutcome))

;;; What was noted of it.
(defrecord SelectedItemOutcomeResult (:include SelectedItemOutcome))

;;; What is kept of each.
(defrecord SelectedItemOutcomeAudit (:include SelectedItemOutcome))

;;; What a summary shows of it.
(defrecord SelectedItemSummaryValue (:include SelectedItemOutcome))

;;; The last item that was done with, and by which requests it came to that.
(defresource selected-item-outcome
  :state-type SelectedItemOutcomeState
  :backing state-layout)

;;; Notes what became of an item.
(deftransition record-selected-item-outcome
  :resource selected-item-outcome
  :request-type SelectedItemOutcomeRequest
  :result-type SelectedItemOutcomeResult
  :preconditions ((!= request.variant ""))
  :updates ((set-field variant request.variant)
            (set-field summary_path request.summary_path)
            (set-field blocker_class request.blocker_class)
            (set-field has_blocker request.has_blocker)
            (set-field roadmap_status request.roadmap_status)
            (set-field queue_transition_id request.queue_transition_id))
  :write-set (variant summary_path blocker_class has_blocker roadmap_status
              queue_transition_id)
  :idempotency-fields (variant summary_path blocker_class has_blocker
                       roadmap_status queue_transition_id)
  :result (record SelectedItemOutcomeResult
            :variant request.variant
            :summary_path request.summary_path
            :blocker_class request.blocker_class
            :has_blocker request.has_blocker
            :roadmap_status request.roadmap_status
            :queue_transition_id request.queue_transition_id)
  :audit (record SelectedItemOutcomeAudit
           :variant request.variant
           :summary_path request.summary_path
           :blocker_class request.blocker_class
           :has_blocker request.has_blocker
           :roadmap_status request.roadmap_status
           :queue_transition_id request.queue_transition_id)
  :conflict-policy fail_closed
  :backend runtime_native)

;;; Notes an item that was done with, and gives its report.
(defproc note-selected-item
  ((variant String)
   (report WorkReport)
   (blocker Optional[BlockerClass])
   (roadmap-status String)
   (transition-id String))
  -> WorkReport
  (let* ((noted
           (resource-transition
             :transition record-selected-item-outcome
             :resource selected-item-outcome
             :request
               (record SelectedItemOutcomeRequest
                 :variant variant
                 :summary_path report
                 :blocker_class (or-else blocker BlockerClass.missing_resource)
                 :has_blocker (some? blocker)
                 :roadmap_status roadmap-status
                 :queue_transition_id transition-id))))
    noted.summary_path))

;;; What became of an item, which is noted: the queue goes on when its plan was
;;; approved and carried out, and stops when either was blocked.
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
  (let-proc
    (stop ((report WorkReport) (blocker BlockerClass)) -> SelectedItemResult
      :captures (roadmap-status queue-transition-id)
      (variant SelectedItemResult BLOCKED
        :summary-path
          (note-selected-item
            "BLOCKED"
            report
            (some blocker)
            roadmap-status
            queue-transition-id)
        :blocker-class blocker))
    (match plan
      ((BLOCKED it)
       (stop it.progress-report-path it.blocker-class))
      (APPROVED
       (match implementation
         ((BLOCKED it)
          (stop it.progress-report-path it.blocker-class))
         ((COMPLETED it)
          (variant SelectedItemResult CONTINUE
            :summary-path
              (note-selected-item
                "CONTINUE" it.execution-report-path none roadmap-status
                queue-transition-id))))))))
