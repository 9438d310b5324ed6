"""The Gmail API and Pub/Sub on this machine, built from Google's published documentation.

Each answer names its page. G stands for developers.google.com/workspace/gmail/api, P for
cloud.google.com/pubsub/docs.
"""

from tests.support.gmail_server.mailbox import Mailbox
from tests.support.gmail_server.server import GmailServer, gmail_server

__all__ = ["GmailServer", "Mailbox", "gmail_server"]
