"""Mail messages as bytes and as objects: our own scanner, decoder, IMAP material and builder.

Read a message:
    scan = mime.scan(raw)                    part tree with byte offsets; never raises, linear
    mime.subject(scan), mime.addresses(scan, b"from"), mime.date(scan), mime.message_id(scan)
    mime.readable_text(scan), mime.plain_text(scan), mime.html_text(scan), mime.summary_of(scan)
    mime.attachments(scan), mime.attachment_bytes(scan, attachment)

Serve it by IMAP (sizes and bytes are those of the CRLF form, the stored bytes stay as they came):
    mime.envelope(scan), mime.bodystructure(scan), mime.body(scan)
    mime.section(scan, (1, 2), "MIME"), mime.to_crlf(raw), mime.crlf_size(raw)
    mime.encode_tree(scan) → bytes for the database, mime.decode_tree(data, raw) → Scan

Tell copies apart:
    prefix, variant = mime.split_trace(raw); mime.variant_digest(variant);
    mime.message_identity(scan, variant)

Field by field (raw header values): decode_text, decode_addresses, decode_message_ids, parse_date,
content_type, disposition. The builder is `mime.build`, bounces are in `posthouse.protocols.dsn`.
"""

from posthouse.protocols.mime.addresses import (
    Address,
    ascii_domain,
    canonical,
    parse_addresses,
)
from posthouse.protocols.mime.attachments import (
    Attachment,
    attachment_bytes,
    attachments,
    file_name,
    safe_name,
)
from posthouse.protocols.mime.binary import without_nul
from posthouse.protocols.mime.bodystructure import body, bodystructure
from posthouse.protocols.mime.charsets import decode as decode_charset
from posthouse.protocols.mime.charsets import guess as guess_charset
from posthouse.protocols.mime.dates import parse_date
from posthouse.protocols.mime.encoded_words import decode_words, encode_words
from posthouse.protocols.mime.envelope import envelope, with_blind_copies
from posthouse.protocols.mime.headers import (
    addresses,
    body_charset,
    date,
    decode_addresses,
    decode_message_ids,
    decode_text,
    in_reply_to,
    message_id,
    references,
    subject,
)
from posthouse.protocols.mime.html import html_to_text
from posthouse.protocols.mime.identity import (
    TRACE_FIELDS,
    message_identity,
    split_trace,
    trace_end,
    variant_digest,
)
from posthouse.protocols.mime.model import LEAF, MESSAGE, MULTIPART, Part, Scan, field_spans
from posthouse.protocols.mime.parameters import Parameterised, content_type, disposition
from posthouse.protocols.mime.scan import scan
from posthouse.protocols.mime.sections import crlf_size, find_part, section, to_crlf
from posthouse.protocols.mime.summary import shorten, summary, summary_of
from posthouse.protocols.mime.text import (
    body_parts,
    content,
    html_text,
    plain_text,
    readable_text,
    text_of,
)
from posthouse.protocols.mime.transfer import decode_transfer
from posthouse.protocols.mime.tree import decode_tree, encode_tree

__all__ = [
    "LEAF",
    "MESSAGE",
    "MULTIPART",
    "TRACE_FIELDS",
    "Address",
    "Attachment",
    "Parameterised",
    "Part",
    "Scan",
    "addresses",
    "ascii_domain",
    "attachment_bytes",
    "attachments",
    "body",
    "body_charset",
    "body_parts",
    "bodystructure",
    "canonical",
    "content",
    "content_type",
    "crlf_size",
    "date",
    "decode_addresses",
    "decode_charset",
    "decode_message_ids",
    "decode_text",
    "decode_transfer",
    "decode_tree",
    "decode_words",
    "disposition",
    "encode_tree",
    "encode_words",
    "envelope",
    "field_spans",
    "file_name",
    "find_part",
    "guess_charset",
    "html_text",
    "html_to_text",
    "in_reply_to",
    "message_id",
    "message_identity",
    "parse_addresses",
    "parse_date",
    "plain_text",
    "readable_text",
    "references",
    "safe_name",
    "scan",
    "section",
    "shorten",
    "split_trace",
    "subject",
    "summary",
    "summary_of",
    "text_of",
    "to_crlf",
    "trace_end",
    "variant_digest",
    "with_blind_copies",
    "without_nul",
]
