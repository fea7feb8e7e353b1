;;; What a run, a phase of it, or one item of a queue is given to work with.
;;; A program may also describe these records itself: what matters is which
;;; fields a context has.
(defmodule std/context)
(export
  RunCtx PhaseCtx ItemCtx DrainCtx SelectionCtx RecoveryCtx run-context
  phase-context drain-context)

;;; A run: what it is called, and where its state and its files go.
(defrecord RunCtx
  (run-id RunId)
  (state-root Path.state-root)
  (artifact-root Path.artifact-root))

;;; A phase of a run, with folders of its own. `(with-phase ctx name body)`
;;; makes it the phase of the body.
(defrecord PhaseCtx
  (run RunCtx)
  (phase-name Symbol)
  (state-root Path.state-root)
  (artifact-root Path.artifact-root))

;;; One item of a queue.
(defrecord ItemCtx
  (run RunCtx)
  (item-id String)
  (state-root Path.state-root)
  (artifact-root Path.artifact-root)
  (ledger Path.state-root))

;;; A queue that is worked through.
(defrecord DrainCtx
  (run RunCtx)
  (state-root Path.state-root)
  (manifest Path.state-root)
  (ledger Path.state-root))

;;; The choice of the next item.
(defrecord SelectionCtx
  (run RunCtx)
  (state-root Path.state-root)
  (artifact-root Path.artifact-root))

;;; The way back after a failure.
(defrecord RecoveryCtx
  (run RunCtx)
  (state-root Path.state-root)
  (artifact-root Path.artifact-root))

;;; The context of a run of this name: its state is in `state/runs/<id>`, its
;;; files are in `artifacts/work/<id>`.
(defun run-context ((id String)) -> RunCtx
  (record RunCtx
    :run-id id
    :state-root (path/join-under Path.state-root (string/concat "runs/" id))
    :artifact-root (path/join-under
                     Path.artifact-root
                     (string/concat "work/" id))))

;;; The context of a phase of a run, in folders of the run.
(defun phase-context ((run RunCtx) (name String)) -> PhaseCtx
  (let* ((inside (string/concat run.run-id "/" name)))
    (record PhaseCtx
      :run run
      :phase-name name
      :state-root (path/join-under
                    Path.state-root
                    (string/concat "runs/" inside))
      :artifact-root (path/join-under
                       Path.artifact-root
                       (string/concat "work/" inside)))))

;;; The context of a queue, whose manifest and ledger are with the state of the
;;; run.
(defun drain-context ((run RunCtx)) -> DrainCtx
  (record DrainCtx
    :run run
    :state-root run.state-root
    :manifest
      (path/join-under
        Path.state-root
        (string/concat "runs/" run.run-id "/manifest.json"))
    :ledger
      (path/join-under
        Path.state-root
        (string/concat "runs/" run.run-id "/ledger.json"))))
