"""Cleaning a mail's HTML by allow-lists; images become ours or go.

nh3 parses as browsers do and writes only what the lists below name. Style sheets are inlined first,
so that a quote keeps its looks when the page folds it away.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import css_inline
import nh3

from posthouse.mail.listing.cleaning.bounds import is_bearable
from posthouse.mail.listing.cleaning.style import clean_style
from posthouse.mail.listing.cleaning.words import words_in

# Cuts a picture out of the text: its address here, or None to leave it out.
ImageAddress = Callable[[str], str | None]

LARGEST = 2 << 20
_LARGEST_STYLED = 1 << 20
_LARGEST_DATA_IMAGE = 256 << 10

_TAGS = words_in(
    """
    a abbr address article aside b bdi bdo big blockquote br caption center cite code col
    colgroup dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6
    header hr i img ins kbd li main mark nav ol p pre q s samp section small span strike strong
    sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr
    """
)
_WITH_CONTENT = words_in(
    """
    script style title template noscript noembed noframes svg math object applet iframe xmp
    select textarea audio video canvas
    """
)
_ATTRIBUTES = {
    "*": set(words_in("align bgcolor class dir height id lang style title valign width")),
    "a": {"href"},
    "blockquote": {"type"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "font": {"color", "face", "size"},
    "hr": {"color", "noshade", "size"},
    "img": {"alt", "border", "hspace", "src", "vspace"},
    "li": {"type", "value"},
    "ol": {"reversed", "start", "type"},
    "table": {"border", "cellpadding", "cellspacing", "frame", "rules"},
    "td": {"colspan", "headers", "nowrap", "rowspan", "scope"},
    "th": {"colspan", "headers", "nowrap", "rowspan", "scope"},
    "time": {"datetime"},
    "ul": {"type"},
}
# By these the page knows where a quote or a signature begins; every other name means nothing here.
_KEPT_CLASSES = words_in(
    """
    posthouse_quote posthouse_signature gmail_quote gmail_quote_container gmail_extra gmail_attr
    gmail_signature moz-cite-prefix moz-signature yahoo_quoted zmail_extra protonmail_quote
    ntes-mailmaster-quote ntes-mailmaster-signature foxmail_quote foxmail_signature qmbox
    """
)
_KEPT_IDS = words_in(
    """
    divRplyFwdMsg appendonsend OLK_SRC_BODY_SECTION isReplyContent Signature signature
    ms-outlook-mobile-signature mail-editor-reference-message-container
    """
)
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s]", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp);base64,[A-Za-z0-9+/=\s]*\Z", re.I)
_inliner = css_inline.CSSInliner(
    load_remote_stylesheets=False, keep_style_tags=False, keep_link_tags=False
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Harmless markup. `remote_images` stood in it; `content_ids` it shows as inline images."""

    html: str
    remote_images: int
    content_ids: frozenset[str]


def clean_html(markup: str, *, inline: ImageAddress, remote: ImageAddress) -> Cleaned | None:
    """`markup` made harmless; None when no browser could bear it (show the text then).

    `inline` gives our address of a Content-ID, `remote` of an image elsewhere. 200 KB take 20 ms:
    not for an event loop.
    """
    markup = markup[:LARGEST]
    if not is_bearable(markup):
        return None
    if "<style" in markup[:_LARGEST_STYLED].lower() and len(markup) <= _LARGEST_STYLED:
        markup = _with_inline_styles(markup)
    images = _Images(inline, remote)

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "style":
            return clean_style(value)
        if attribute == "class":
            return " ".join(name for name in value.split() if name in _KEPT_CLASSES) or None
        if attribute == "id":
            return value if value in _KEPT_IDS else None
        if attribute == "href":
            return value if _LINK.match(value.strip()) else None
        if attribute == "src":
            return images.address(value.strip())
        return value

    html = nh3.clean(
        markup,
        tags=set(_TAGS),
        clean_content_tags=set(_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    )
    return Cleaned(html, images.remote_count, frozenset(images.content_ids))


class _Images:
    """Where each picture of one message comes from."""

    def __init__(self, inline: ImageAddress, remote: ImageAddress) -> None:
        self._inline = inline
        self._remote = remote
        self.remote_count = 0
        self.content_ids: set[str] = set()

    def address(self, source: str) -> str | None:
        if source[:4].lower() == "cid:":
            content_id = source[4:].strip("<> ")
            found = self._inline(content_id)
            if found is not None:
                self.content_ids.add(content_id)
            return found
        if _REMOTE.match(source):
            self.remote_count += 1
            return self._remote(source)
        if len(source) <= _LARGEST_DATA_IMAGE and _DATA_IMAGE.match(source):
            return source
        return None


def _with_inline_styles(markup: str) -> str:
    try:
        return str(_inliner.inline(markup))
    except (css_inline.InlineError, ValueError):
        return markup  # a style sheet nobody can read: its rules are lost, as in a browser
