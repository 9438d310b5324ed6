"""Every sentence the server's side says by itself, with its codes (RFC 5321 4.2.3, RFC 3463)."""

from posthouse.protocols.smtp.reply import Reply

FINE = Reply(250, "OK", "2.0.0")
RESET = Reply(250, "Forgotten", "2.0.0")
SENDER_OK = Reply(250, "Sender OK", "2.1.0")
RECIPIENT_OK = Reply(250, "Recipient OK", "2.1.5")
GO_AHEAD = Reply(354, "End with CRLF.CRLF")
READY_FOR_TLS = Reply(220, "Ready for TLS", "2.0.0")
BYE = Reply(221, "Bye", "2.0.0")
AUTHENTICATED = Reply(235, "Authenticated", "2.7.0")
CANNOT_VERIFY = Reply(252, "Cannot verify, but will take mail", "2.1.5")
HELP = Reply(214, "RFC 5321", "2.0.0")

SHUTTING_DOWN = Reply(421, "Shutting down, come back soon", "4.3.2")
TIMED_OUT = Reply(421, "Too slow, closing", "4.4.2")
BROKEN = Reply(421, "Internal error, closing, try again later", "4.3.0")
TOO_BUSY = Reply(421, "Too many connections, try later", "4.3.2")
TOO_MANY_FROM_YOU = Reply(421, "Too many connections from your address", "4.7.0")
TOO_OFTEN = Reply(421, "Too many connections from you lately, try again later", "4.7.0")
TOO_MANY_ERRORS = Reply(421, "Too many errors, closing", "4.7.0")
TOO_MANY_COMMANDS = Reply(421, "Too many commands without a message, closing", "4.7.0")
TOO_MANY_AUTH_FAILURES = Reply(421, "Too many failed sign-ins, closing", "4.7.0")
NOT_SMTP = Reply(421, "This is SMTP", "4.7.0")
# RFC 3463 3.8: X.7.1 is a policy of ours, and it will be another one in a while.
TOO_MANY_MESSAGES_LATELY = Reply(450, "Too many messages lately, try again later", "4.7.1")
TOO_MANY_RECIPIENTS_LATELY = Reply(450, "Too many recipients lately, try again later", "4.7.1")
INTERNAL_ERROR = Reply(451, "Internal error, try again later", "4.3.0")
STORAGE_FULL = Reply(452, "Not enough storage, try again later", "4.3.1")
TOO_MANY_RECIPIENTS = Reply(452, "Too many recipients, send the rest separately", "4.5.3")
AUTH_UNAVAILABLE = Reply(454, "Cannot verify sign-ins at the moment", "4.7.0")

UNKNOWN_COMMAND = Reply(500, "Unknown command", "5.5.1")
LINE_TOO_LONG = Reply(500, "Line too long", "5.5.6")
NOT_UTF8 = Reply(500, "Command is neither ASCII nor UTF-8", "5.5.2")
NUL_IN_COMMAND = Reply(500, "NUL in command", "5.5.2")
NO_ARGUMENT = Reply(501, "This command takes no argument", "5.5.4")
HELLO_NEEDS_NAME = Reply(501, "Say your host name", "5.5.4")
AUTH_CANCELLED = Reply(501, "Sign-in cancelled", "5.7.0")
BAD_SASL = Reply(501, "Cannot read the response", "5.5.2")
NO_STARTTLS = Reply(502, "TLS is not offered", "5.5.1")
AUTH_NOT_HERE = Reply(502, "Members sign in at the submission port", "5.5.1")
SAY_LHLO = Reply(500, "This is LMTP, say LHLO", "5.5.1")
NO_EXPANSION = Reply(502, "Lists are not shown", "5.7.2")
HELLO_FIRST = Reply(503, "Say EHLO first", "5.5.1")
NO_RECIPIENTS_LMTP = Reply(503, "No valid recipients", "5.5.1")  # RFC 2033 4.2
MAIL_FIRST = Reply(503, "Say MAIL first", "5.5.1")
MAIL_TWICE = Reply(503, "MAIL was said already", "5.5.1")
ALREADY_SECURE = Reply(503, "TLS is running already", "5.5.1")
ALREADY_AUTHENTICATED = Reply(503, "Signed in already", "5.5.1")
CHUNKS_BEGAN = Reply(503, "Chunks were sent already, end with BDAT LAST", "5.5.1")
NOT_IN_TRANSACTION = Reply(503, "Not inside a mail transaction", "5.5.1")
UNKNOWN_MECHANISM = Reply(504, "Unknown sign-in mechanism", "5.5.4")
# RFC 7504: 521 may be said at any time before closing for good.
FAR_TOO_LARGE = Reply(521, "Message far too large, closing", "5.3.4")
BAD_CHUNK = Reply(521, "BDAT takes a size and maybe LAST, closing", "5.5.4")
BARE_LINE_END = Reply(521, "A line ends with CRLF, a bare CR or LF was found", "5.5.2")
AUTH_FIRST = Reply(530, "Sign in first", "5.7.0")
AUTH_REFUSED = Reply(535, "Name or password is wrong", "5.7.8")
AUTH_NEEDS_TLS = Reply(538, "Start TLS before signing in", "5.7.11")
SENDER_NEEDS_SMTPUTF8 = Reply(550, "This sender needs SMTPUTF8", "5.6.7")
RECIPIENT_NEEDS_SMTPUTF8 = Reply(553, "This recipient needs SMTPUTF8", "5.6.7")
TOO_LARGE = Reply(552, "Message too large", "5.3.4")
NO_RECIPIENTS = Reply(554, "No valid recipients", "5.5.1")
TOO_MANY_HOPS = Reply(554, "Too many Received headers, a loop", "5.4.6")
BARE_LF = Reply(554, "Bare LF in message, lines end with CRLF (RFC 5321 2.3.8)", "5.6.0")
BARE_CR = Reply(554, "Bare CR in message, lines end with CRLF (RFC 5321 2.3.8)", "5.6.0")
NOT_FOR_YOU = Reply(554, "This port is for servers of the house", "5.7.1")
NUL = Reply(554, "NUL in message (RFC 5322 4)", "5.6.0")


def bad_sender(error: object) -> Reply:
    """MAIL with something that is no address."""
    return Reply(501, f"Bad sender: {error}", "5.1.7")


def bad_recipient(error: object) -> Reply:
    """RCPT with something that is no address."""
    return Reply(501, f"Bad recipient: {error}", "5.1.3")


def bad_argument(error: object) -> Reply:
    """An argument that cannot be read."""
    return Reply(501, f"Bad argument: {error}", "5.5.4")


def unknown_parameter(error: object) -> Reply:
    """A parameter that was not offered (RFC 5321 4.1.1.11)."""
    return Reply(555, f"Unknown parameter {error}", "5.5.4")


def octets_received(count: int) -> Reply:
    """A chunk that is not the last one (RFC 3030 2)."""
    return Reply(250, f"{count} octets received", "2.0.0")
