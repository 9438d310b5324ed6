"""Requests as elements, by their full names: a wrong namespace is not understood here either."""

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NAMES = {"t": TYPES, "m": MESSAGES, "s": SOAP}
# EWS requestserverversion, oldest first, and those that Exchange 2016 and 2019 know since.
VERSIONS = (
    "Exchange2007",
    "Exchange2007_SP1",
    "Exchange2010",
    "Exchange2010_SP1",
    "Exchange2010_SP2",
    "Exchange2013",
    "Exchange2013_SP1",
    "Exchange2015",
    "Exchange2016",
)


class Failed(Exception):
    """A response code; of the whole request when it is raised outside of one thing's handling."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.said = said or "As documented."


def parse(body: bytes) -> tuple[str, Element]:
    """(version asked for, the operation). Raises Failed."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise Failed("ErrorSchemaValidation", str(error)) from None
    header = root.find("s:Header/t:RequestServerVersion", NAMES)
    operation = root.find("s:Body/*", NAMES)
    if root.tag != f"{{{SOAP}}}Envelope" or operation is None:
        raise Failed("ErrorSchemaValidation")
    version = header.get("Version", "") if header is not None else "Exchange2007"
    return version, operation


def local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def text(element: Element, path: str) -> str:
    found = element.find(path, NAMES)
    return (found.text or "") if found is not None else ""


def true(element: Element, path: str) -> bool:
    """xs:boolean has two ways to say so."""
    return text(element, path) in ("true", "1")


def ids(element: Element, path: str) -> Iterator[tuple[str, str]]:
    """(id, change key) of each."""
    for each in element.findall(path, NAMES):
        yield each.get("Id", ""), each.get("ChangeKey", "")


def wanted(element: Element) -> set[str]:
    """What a shape asks for: fields by their FieldURI, properties by their tag."""
    asked: set[str] = set()
    for each in element.iter(f"{{{TYPES}}}FieldURI"):
        asked.add(each.get("FieldURI", ""))
    for each in element.iter(f"{{{TYPES}}}ExtendedFieldURI"):
        asked.add(tag(each))
    return asked


def tag(element: Element) -> str:
    return f"0x{int(element.get('PropertyTag', '0'), 16):x}"


def answer(operation: str, messages: str) -> str:
    return (
        f"<m:{operation}Response><m:ResponseMessages>{messages}"
        f"</m:ResponseMessages></m:{operation}Response>"
    )


def success(operation: str, content: str) -> str:
    return (
        f'<m:{operation}ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError'
        f"</m:ResponseCode>{content}</m:{operation}ResponseMessage>"
    )


def failure(operation: str, failed: Failed, content: str = "") -> str:
    """EWS getitem-operation-email-message, "Error response example"."""
    return (
        f'<m:{operation}ResponseMessage ResponseClass="Error">'
        f"<m:MessageText>{escape(failed.said)}</m:MessageText>"
        f"<m:ResponseCode>{failed.code}</m:ResponseCode>"
        f"<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{content}"
        f"</m:{operation}ResponseMessage>"
    )


def item_id(id: str, change_key: str) -> str:
    return f"<t:ItemId Id={quoteattr(id)} ChangeKey={quoteattr(change_key)}/>"


def envelope(body: str, version: str, major: tuple[int, int]) -> str:
    """With the header every answer has (EWS serverversioninfo)."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Header>'
        f'<h:ServerVersionInfo MajorVersion="{major[0]}" MinorVersion="{major[1]}" '
        f'MajorBuildNumber="1258" MinorBuildNumber="12" Version="{version}" xmlns:h="{TYPES}" '
        f'xmlns="{TYPES}"/></s:Header><s:Body xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">'
        f"{body}</s:Body></s:Envelope>"
    )
