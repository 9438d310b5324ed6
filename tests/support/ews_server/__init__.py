"""An Exchange of our own that speaks EWS as Microsoft documents it, over HTTPS on 127.0.0.1.

`mailbox` is what Exchange keeps, `reading` the requests, `folders`, `items`, `syncing` and
`streaming` the operations, `web` HTTPS with its sign-ins, `autodiscover` where all that is.

EWS: learn.microsoft.com/exchange/client-developer/web-service-reference/<page>
HOW: learn.microsoft.com/exchange/client-developer/exchange-web-services/<page>
"""

from tests.support.ews_server.faults import busy, code, cut, http
from tests.support.ews_server.mailbox import Mailbox, StoredFolder, StoredItem
from tests.support.ews_server.web import PASSWORD, USER, EwsServer, ews_server

__all__ = [
    "PASSWORD",
    "USER",
    "EwsServer",
    "Mailbox",
    "StoredFolder",
    "StoredItem",
    "busy",
    "code",
    "cut",
    "ews_server",
    "http",
]
