;;; The types that the phases of the stack share.
(workflow-lisp
  (:language "1.0")
  (defmodule stack/types)
  (export Brief Document Findings Report Decision Verdict)

  (defpath Brief :kind relpath :under "." :must-exist true)
  (defpath Document
    :kind relpath
    :under "artifacts/stack/docs"
    :must-exist true)
  (defpath Findings
    :kind relpath
    :under "artifacts/stack/review"
    :must-exist true)
  (defpath Report :kind relpath :under "artifacts/stack/work" :must-exist true)

  (defenum Decision APPROVE REVISE)

  (defrecord Verdict
    (decision Decision)
    (findings Findings)))
