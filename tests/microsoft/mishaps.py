"""What may happen to a call that sends: how it is judged, and what arrived."""

from portal.errors import Deferred, Unsure, Withheld

# The fault, what it is taken for, and how many mails have left all the same.
MISHAPS = [
    ("429", Deferred, 0),
    ("503", Deferred, 0),
    ("504", Unsure, 0),
    ("504-accepted", Unsure, 1),
    ("dropped", Unsure, 0),
    ("dropped-accepted", Unsure, 1),
    ("gateway", Unsure, 0),
    ("200", Unsure, 0),
    ("error", Withheld, 0),
]
