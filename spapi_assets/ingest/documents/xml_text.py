"""The bytes of an XML document as UTF-8 that a parser accepts: its declared charset, and what to do where bytes do not fit it.
Parsing is `xml_document.py`; weighing charsets by lines is `charset.py`."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from spapi_assets.ingest.documents import charset as charsets
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.findings import Findings
from spapi_assets.ingest.documents.inflate import peek

REPLACED = "\ufffd"
_HEAD = 1024
_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._\-]+)["']""")
# Characters that XML 1.0 does not allow, and references to them.
_FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));", re.I
)
_REFERENCE = 16  # the longest reference that may be cut by a chunk's end


def utf8(
    chunks: Iterable[bytes], context: DocumentContext, findings: Findings, decisions: dict[str, Any], warnings: list[str]
) -> Iterator[bytes]:
    """UTF-8 without a byte order mark. The decision is recorded at once: byte order mark, the document's own declaration, the
    response's, UTF-8; after a reading that failed, what all lines together show."""
    head, chunks = peek(chunks, _HEAD)
    mark = charsets.byte_order_mark(head)
    declared = _DECLARATION.match(head)
    name, evidence = "utf-8", "XML is UTF-8 unless it says otherwise"
    if mark:
        name, evidence = mark[1], "byte order mark"
    elif wide := charsets.wide_charset(head, None):
        name, evidence = wide
    elif declared and (known := charsets.python_name(declared[1].decode())):
        name, evidence = known, f"the document declares {declared[1].decode()}"
    elif (said := charsets.declared_charset(context.content_type)) and (known := charsets.python_name(said)):
        name, evidence = known, f"Content-Type declares {said}"
    record: dict[str, Any] = {"charset": name, "evidence": evidence}
    if findings.charset is not None and not name.startswith(("utf-16", "utf-32")):
        decision = charsets.CharsetDecision(context.content_type, context.marketplaces, findings.charset)
        record = decision.record()
        warnings.append(f"Not all bytes are valid {name}, although {evidence}; {record['charset']} decided by all lines.")
        name = record["charset"]
    decisions["charset"] = record
    return _converted(chunks, name, mark[0] if mark else b"", broken=findings.broken_text or findings.charset is not None)


def _converted(chunks: Iterable[bytes], name: str, mark: bytes, *, broken: bool) -> Iterator[bytes]:
    source = iter(chunks)
    first = next(source, b"").removeprefix(mark)
    if name == "utf-8" and not broken:
        yield first
        yield from source
        return
    errors = "replace" if broken or name.startswith("utf-16") else "strict"
    decoder = codecs.getincrementaldecoder("latin-1" if name == "cp1252" else name)(errors)
    rest = ""
    for chunk in chain((first,), source):
        text = rest + decoder.decode(chunk)
        cut = text.rfind("&", max(0, len(text) - _REFERENCE)) if broken else -1
        text, rest = (text, "") if cut == -1 else (text[:cut], text[cut:])
        yield _clean(text, name, broken=broken).encode("utf-8", "replace")
    yield _clean(rest + decoder.decode(b"", True), name, broken=broken).encode("utf-8", "replace")


def _clean(text: str, name: str, *, broken: bool) -> str:
    if name == "cp1252":
        text = charsets.decode(text.encode("latin-1"), name)
    return _FORBIDDEN.sub(REPLACED, text) if broken else text
