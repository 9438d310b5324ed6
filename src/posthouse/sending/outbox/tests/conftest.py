"""The fixtures of everything that sends."""

from posthouse.sending.outbox.tests.relay import relay
from posthouse.sending.outbox.tests.submitting import eva, port
from tests.support.sending import dns, held, other, peers, sending, short_folder, worker

__all__ = [
    "dns",
    "eva",
    "held",
    "other",
    "peers",
    "port",
    "relay",
    "sending",
    "short_folder",
    "worker",
]
