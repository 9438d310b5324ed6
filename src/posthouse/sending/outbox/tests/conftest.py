"""The fixtures of everything that sends."""

from tests.support.sending import dns, held, other, peers, sending, short_folder, worker

__all__ = ["dns", "held", "other", "peers", "sending", "short_folder", "worker"]
