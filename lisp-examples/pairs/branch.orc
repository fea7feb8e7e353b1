;;; Two ways, of which one is gone.
(defmodule branch)
(export branch)

(defrecord Time (took Int))

(defworkflow branch ((quick Bool :default true)) -> Time
  (let* ((work (if quick
                   (let* ((short (command-result say
                                   :argv ("bash"
                                          "lisp-examples/pairs/tools/say.sh"
                                          "took" "1")
                                   :returns Time
                                   :bundle "state/short.json")))
                     (record Time :took short.took))
                   (let* ((long (command-result say
                                  :argv ("bash"
                                         "lisp-examples/pairs/tools/say.sh"
                                         "took" "60")
                                  :returns Time
                                  :bundle "state/long.json")))
                     (record Time :took long.took)))))
    (record Time :took work.took)))
