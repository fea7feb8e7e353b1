;;; What a run, a phase of it, or one item of a queue is given to work with.
;;; A program may also describe these records itself: what matters is which
;;; fields a context has.
(defmodule std/context)
(export RunCtx PhaseCtx ItemCtx DrainCtx SelectionCtx RecoveryCtx)

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
