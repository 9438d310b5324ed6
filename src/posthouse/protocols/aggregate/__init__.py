"""Aggregate reports that receivers send to the owner of a domain.

DMARC (RFC 7489 appendix C, RFC 9990) says which machines sent mail in the domain's name and what
became of it; SMTP TLS (RFC 8460) says how connections to the domain's hosts went.

    reports = find_reports(mime.scan(raw))      what a mail carries; never raises, linear
    parse_dmarc(data), parse_tls(data)          one unpacked document; raise BadReport
"""

from posthouse.protocols.aggregate.addresses import is_tls_reporting, report_addresses, tls_rua
from posthouse.protocols.aggregate.dmarc import DmarcRecord, DmarcReport, Identifier, parse_dmarc
from posthouse.protocols.aggregate.errors import BadReport
from posthouse.protocols.aggregate.find import find_reports, read_report
from posthouse.protocols.aggregate.tls import TlsFailure, TlsPolicy, TlsReport, parse_tls
from posthouse.protocols.aggregate.unpack import MOST_OCTETS, unpack

__all__ = [
    "MOST_OCTETS",
    "BadReport",
    "DmarcRecord",
    "DmarcReport",
    "Identifier",
    "TlsFailure",
    "TlsPolicy",
    "TlsReport",
    "find_reports",
    "is_tls_reporting",
    "parse_dmarc",
    "parse_tls",
    "read_report",
    "report_addresses",
    "tls_rua",
    "unpack",
]
