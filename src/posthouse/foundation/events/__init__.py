"""The event log: `announce` in the caller's transaction, listeners behind their cursors.

Events are plural, small (ids, no content) and typed. Each listener has a cursor on (xid, seq), in
that order, reads only below the oldest running transaction, and moves its cursor in the
transaction of its effects: each event takes effect once.
"""

from posthouse.foundation.events.following import drain, listen_once, run_listener
from posthouse.foundation.events.giving_way import BULK, BULK_OVER
from posthouse.foundation.events.listener import Ahead, Handler, Listener, Write
from posthouse.foundation.events.log import SQL, TOPIC, Event, announce, begin_epoch
from posthouse.foundation.events.trimming import KEPT, trim

__all__ = [
    "BULK",
    "BULK_OVER",
    "KEPT",
    "SQL",
    "TOPIC",
    "Ahead",
    "Event",
    "Handler",
    "Listener",
    "Write",
    "announce",
    "begin_epoch",
    "drain",
    "listen_once",
    "run_listener",
    "trim",
]
