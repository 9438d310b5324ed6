"""Writing small XML documents."""

from xml.etree import ElementTree


def say(parent: ElementTree.Element, **elements: str) -> None:
    """Add elements with text, in order."""
    for name, text in elements.items():
        ElementTree.SubElement(parent, name).text = text


def document(root: ElementTree.Element) -> bytes:
    """With declaration, in UTF-8."""
    octets: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return octets
