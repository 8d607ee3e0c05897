"""Oddities that documents of any format show: nothing in them, figures that are not final, a broken end, a wrong label.
Those of flat files' lines are in faults.py; each is deterministic, so that a test can say what must come out."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

from .model import Document

# Members of JSON reports that are no counts or amounts: a provisional document has the same ranks and shares.
_NO_FIGURES = ("rank", "score", "rate", "share", "pct", "percentage", "uft", "margin", "targetvalue", "leadtime")


def format_of(document: Document) -> str:
    """json, xml, flat (tab- or comma-separated) or other."""
    kind = document.content_type.split(";")[0].strip()
    return {
        "application/json": "json",
        "text/xml": "xml",
        "application/xml": "xml",
        "text/plain": "flat",
        "text/csv": "flat",
    }.get(kind, "other")


def empty_body(document: Document) -> Document:
    """DONE, and not one byte."""
    return Document(b"", document.content_type)


def nothing_in_it(document: Document) -> Document:
    """JSON or XML with its frame and not one row; other formats as they are."""
    match format_of(document):
        case "json":
            content = json.loads(document.body)
            emptied = {name: [] if isinstance(value, list) else value for name, value in content.items()}
            return Document(_json(emptied), document.content_type)
        case "xml":
            root = ET.fromstring(document.body)
            for child in [child for child in root if child.tag not in ("Header", "MessageType")]:
                root.remove(child)
            return Document(ET.tostring(root, encoding="utf-8", xml_declaration=True), document.content_type)
    return document


def provisional(document: Document) -> Document:
    """Figures as they were before Amazon had counted everything: a document made later has others.

    JSON: every count and amount a tenth smaller; XML and flat files: the last tenth of the rows (at least one) is missing.
    """
    match format_of(document):
        case "json":
            return Document(_json(_smaller(json.loads(document.body), "")), document.content_type)
        case "xml":
            root = ET.fromstring(document.body)
            rows = [child for child in root if child.tag not in ("Header", "MessageType")]
            for child in rows[len(rows) - _tenth(len(rows)) :]:
                root.remove(child)
            return Document(ET.tostring(root, encoding="utf-8", xml_declaration=True), document.content_type)
        case "flat":
            lines = document.body.split(b"\r\n")
            missing = _tenth(len(lines) - 2)  # the header and the end of the last line are none
            return Document(b"\r\n".join([*lines[: len(lines) - 1 - missing], b""]), document.content_type)
    return document


def cut_off(document: Document) -> Document:
    """The last third is missing although the compression is whole: Amazon's own writer broke off."""
    return Document(document.body[: len(document.body) * 2 // 3], document.content_type)


def mislabelled_charset(document: Document) -> Document:
    """The body stays, and the Content-Type names another charset: Cp1252 for UTF-8, UTF-8 for others."""
    kind, _, parameters = document.content_type.partition(";")
    label = "Cp1252" if "utf-8" in parameters.lower() else "UTF-8"
    return Document(document.body, f"{kind.strip()}; charset={label}")


def error_as_document(document: Document) -> Document:
    """An error in JSON that was delivered as if it were the report."""
    return Document(b'{"errorDetails": "Internal Error. The report could not be generated."}', "application/json; charset=UTF-8")


def _smaller(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _smaller(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_smaller(member, name) for member in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or any(word in name.lower() for word in _NO_FIGURES):
        return value
    return value - -(-value // 10) if isinstance(value, int) else round(value * 0.9, 2)


def _tenth(count: int) -> int:
    return max(1, count // 10) if count > 0 else 0


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
