;;; An agent gets words and a value, and answers with a path that must exist.
(defmodule agent)
(export agent)

(defpath NotePath :kind relpath :under "notes" :must-exist true)
(defrecord Note (note NotePath))

(defworkflow agent ((topic String :default "rivers")) -> Note
  (let* ((write (provider-result writer
                  :prompt prompts.write
                  :inputs (topic)
                  :returns Note
                  :timeout-sec 600
                  :bundle "state/write.json")))
    (record Note :note write.note)))
