"""What the SMTP edge counts."""

from posthouse.foundation.metrics import Counter, Gauge, Histogram

CONNECTIONS = Counter(
    "posthouse_smtp_connections", "Connections, by how they were met", ["listener", "outcome"]
)
SESSIONS = Gauge(
    "posthouse_smtp_sessions", "Open sessions", ["listener"], multiprocess_mode="livesum"
)
MESSAGES = Counter(
    "posthouse_smtp_messages", "Messages received, by the reply's code", ["listener", "code"]
)
OCTETS = Counter("posthouse_smtp_message_octets", "Octets of accepted messages", ["listener"])
SIGN_INS = Counter(
    "posthouse_smtp_sign_ins", "Sign-ins, by mechanism and reply", ["mechanism", "code"]
)
ACCEPT_SECONDS = Histogram(
    "posthouse_smtp_accept_seconds",
    "From the end of data to its reply",
    ["listener"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
