"""XML reports as bytes: a small notation for elements, and the order family's envelope.
What stands in a report is its own module's business."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from .flat import money
from .model import Document

_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"


def element(tag: str, *children: ET.Element | None, **texts: str | int | None) -> ET.Element:
    """An element; keyword arguments become child elements with text (None is left out), before the other children."""
    found = ET.Element(tag)
    for name, text in texts.items():
        if text is not None:
            ET.SubElement(found, name).text = str(text)
    found.extend(child for child in children if child is not None)
    return found


def leaf(tag: str, text: str | int, **attributes: str) -> ET.Element:
    """An element with text and attributes."""
    found = ET.Element(tag, attributes)
    found.text = str(text)
    return found


def amount(tag: str, minor: int, digits: int, currency: str) -> ET.Element:
    """Money as the order reports write it: the currency is an attribute."""
    return leaf(tag, money(minor, digits), currency=currency)


def envelope(message_type: str, merchant: str, messages: list[ET.Element]) -> ET.Element:
    """The AmazonEnvelope around order reports: one Message for each order."""
    header = element("Header", DocumentVersion="1.01", MerchantIdentifier=merchant)
    root = element("AmazonEnvelope", header, leaf("MessageType", message_type))
    root.set(_SCHEMA, "amzn-envelope.xsd")
    for number, message in enumerate(messages, start=1):
        ET.SubElement(root, "Message").extend([leaf("MessageID", number), message])
    return root


def one_message(message_type: str, rows: list[ET.Element]) -> ET.Element:
    """The same envelope as the returns reports have it: all rows in a single Message."""
    root = element(
        "AmazonEnvelope",
        element("Header", DocumentVersion="1.00"),
        leaf("MessageType", message_type),
        element("Message", *rows),
    )
    root.set(_SCHEMA, "amzn-envelope.xsd")
    return root


def xml_document(root: ET.Element) -> Document:
    """UTF-8 with a declaration, one element a line."""
    ET.register_namespace("xsi", "http://www.w3.org/2001/XMLSchema-instance")
    ET.indent(root)
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"
    return Document(body, "text/xml; charset=UTF-8")
