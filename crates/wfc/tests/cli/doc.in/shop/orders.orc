;;; Orders, and what becomes of them.
(defmodule shop/orders)
(export Order Outcome twice with-twice settle)

;;; One order.
(defrecord Order (id String) (lines List[Int]))

;;; What became of it.
(defunion Outcome
  (SENT (id String))
  (REFUSED (why String)))

;;; Doubles a number.
(defun twice ((n Int)) -> Int
  (* 2 n))

;;; Binds twice a number to a name.
;;; The body sees it.
(defmacro with-twice (name n &body body)
  (let* ((name (twice n)))
    (splice body)))

(defproc look ((id String)) -> Order
  (command-result find :argv ("find-order" id) :returns Order))

;;; Looks at an order and sends it.
(defworkflow settle ((id String) (most Int :default 3)) -> Outcome
  (let* ((order (look id)))
    (if (= order.id id)
        (with-twice limit most
          (variant Outcome SENT :id (string/concat id (string/from-int limit))))
        (variant Outcome REFUSED :why "it is another one"))))
