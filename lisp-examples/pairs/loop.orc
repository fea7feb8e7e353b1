;;; Again and again, until the answer is good.
(defmodule loop)
(export loop)

(defenum Light RED GREEN)
(defrecord Seen (state Light))

(defworkflow loop () -> Seen
  (let* ((try (loop/until :max 5 :until (fn (seen) (= seen.state Light.GREEN))
                (let* ((test (command-result say
                               :argv ("bash" "lisp-examples/pairs/tools/say.sh"
                                      "state" "\"GREEN\"")
                               :returns Seen
                               :bundle "state/test.json")))
                  (record Seen :state test.state)))))
    (record Seen :state try.state)))
