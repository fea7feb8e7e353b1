;;; Inputs of every kind, with defaults, and what becomes of them.
(defmodule inputs)
(export inputs)

(defenum Tone PLAIN WARM)
(defpath Target :kind relpath :under "out" :must-exist false)
(defrecord Counted (copies Int) (scale Float) (draft Bool))
(defrecord Letter (title String) (copies Int) (tone Tone) (target Target))

(defworkflow inputs
  ((title String :default "Greetings")
   (copies Int :default 1)
   (scale Float :default 0.5)
   (draft Bool :default false)
   (tone Tone :default PLAIN)
   (target Target :default "out/letter.md"))
  -> Letter
  (let* ((count (command-result say
                  :argv ("bash"
                         "lisp-examples/pairs/tools/say.sh"
                         "copies"
                         (text copies)
                         "scale"
                         (text scale)
                         "draft"
                         (text draft))
                  :returns Counted
                  :bundle "state/count.json")))
    (record Letter
      :title title
      :copies count.copies
      :tone tone
      :target target)))
