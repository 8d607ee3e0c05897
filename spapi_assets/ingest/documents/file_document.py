"""Catalogues one document that is not parsed (PDF, ZIP and whatever else): one row with its kind, size, hash and name.
The bytes themselves are the archive's; what is inside them is nobody's here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.archive import object_of
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.days import Days
from spapi_assets.ingest.documents.dialect import DECLARED
from spapi_assets.ingest.documents.errors import WrongDocument
from spapi_assets.ingest.documents.flatfile import FlatReader
from spapi_assets.ingest.documents.header import Field, HeaderPlan
from spapi_assets.ingest.documents.locale import Locale
from spapi_assets.ingest.documents.sink import Sink

_MAGIC = (
    (b"%PDF-", "application/pdf"), (b"PK\x03\x04", "application/zip"), (b"PK\x05\x06", "application/zip"),
    (b"<?xml", "application/xml"), (b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"),
)  # fmt: skip
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_COUNT = re.compile(rb"/Count\s+(\d+)")
# A PDF larger than this is not searched for its pages: the number is a convenience.
_SEARCHED = 64 << 20
_LARGEST_EXPLANATION = 64 << 10


def read_file(
    chunks: Iterable[bytes],
    context: DocumentContext,
    open_sink: Callable[[Dataset, tuple[str, ...]], Sink],
    decisions: dict[str, Any],
    warnings: list[str],
) -> int:
    """One row for the sink of the report's dataset, none for an empty body. Returns the number of plain bytes."""
    dataset = context.report.datasets[0]
    digest, size, kept = hashlib.sha256(), 0, bytearray()
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        if len(kept) < _SEARCHED:
            kept += chunk
    content = bytes(kept) if size <= _SEARCHED else b""
    found = next((kind for magic, kind in _MAGIC if kept.startswith(magic)), None)
    declared = (context.content_type or "").partition(";")[0].strip() or None
    if found is None:
        _refuse_explanation(content, context)
    facts = {
        "name": object_of(context, compressed=decisions["compression"]["gzip_layers"] > 0),
        "content_type": declared or found or "application/octet-stream",
        "bytes": str(size),
        "sha256": digest.hexdigest(),
        "pages": str(pages) if found == "application/pdf" and (pages := page_count(content)) is not None else "",
    }
    decisions["content"] = {"declared": declared, "magic_bytes": found}
    if found and declared and "octet-stream" not in declared and declared.rpartition("/")[2] not in found:
        warnings.append(f"The response declared {declared}, but the first bytes are those of {found}.")
    sink = open_sink(dataset, ())
    sink.missing = tuple(c.name for c in dataset.columns if c.path not in facts)
    if not size:
        warnings.append("The document is empty: it has no byte.")
        return 0
    dropped = context.dropped(dataset)
    fields = [Field(c.path or "", c.name, c, True, c.name not in dropped, c.name in dropped) for c in dataset.columns]
    reader = FlatReader(
        HeaderPlan(tuple(fields), ()),
        Locale(),
        Days(dataset, context),
        direct={},
        repetitive=(),
        swapped=False,
        dialect=DECLARED["tsv"],
    )
    sink.add(reader.rows([[facts.get(f.header, "") for f in fields]], [1], []))
    sink.rows_in = 1
    return size


def page_count(content: bytes) -> int | None:
    """Pages of a PDF whose objects are readable as they stand and agree with each other; None where they might not."""
    if b"/ObjStm" in content or content.count(b"%%EOF") != 1:
        return None  # pages may be inside compressed objects, or replaced by a later update of the file
    pages = len(_PAGE.findall(content))
    counts = [int(c) for c in _COUNT.findall(content)]
    return pages if pages and counts and max(counts) == pages else None


def _refuse_explanation(content: bytes, context: DocumentContext) -> None:
    """Amazon delivers explanations of failures as small JSON documents."""
    if not content.lstrip().startswith(b"{") or len(content) > _LARGEST_EXPLANATION:
        return
    try:
        said = json.loads(content)
    except ValueError:
        return
    if any("error" in key.lower() for key in said):
        context.fail(
            WrongDocument,
            f"Instead of a file the document says: {json.dumps(said, ensure_ascii=False)[:500]}",
            "Act on the text, then request the report again.",
        )
