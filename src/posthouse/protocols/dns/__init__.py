"""DNS as mail needs it: typed questions and answers, names, a cache, and the order of mail hosts.

Nothing here opens a socket; the resolver that does is `posthouse.foundation.resolver`.
"""

from posthouse.protocols.dns.cache import CachingResolver, Upstream
from posthouse.protocols.dns.hosts import (
    MailHosts,
    Reach,
    host_addresses,
    mail_hosts,
)
from posthouse.protocols.dns.model import (
    Answer,
    IPAddress,
    MailExchanger,
    Record,
    RecordType,
    Resolver,
    ServiceHost,
    Status,
    Tlsa,
)
from posthouse.protocols.dns.names import BadName, ascii_name, query_name, reverse_name

__all__ = [
    "Answer",
    "BadName",
    "CachingResolver",
    "IPAddress",
    "MailExchanger",
    "MailHosts",
    "Reach",
    "Record",
    "RecordType",
    "Resolver",
    "ServiceHost",
    "Status",
    "Tlsa",
    "Upstream",
    "ascii_name",
    "host_addresses",
    "mail_hosts",
    "query_name",
    "reverse_name",
]
