"""Reads one JSON report: its specification against what was asked, its arrays into the datasets' sinks.
Structure is found by `json_scan.py`, elements become rows in `json_rows.py`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.documents import charset as charsets
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.days import Days
from spapi_assets.ingest.documents.errors import TruncatedDocument, UnreadableDocument, WrongDocument
from spapi_assets.ingest.documents.inflate import peek
from spapi_assets.ingest.documents.json_rows import JsonReader
from spapi_assets.ingest.documents.json_scan import Elements, Member, NotJson, members
from spapi_assets.ingest.documents.sink import Sink

SPECIFICATION = "reportSpecification"


def read_json(
    chunks: Iterable[bytes],
    context: DocumentContext,
    open_sink: Callable[[Dataset, tuple[str, ...]], Sink],
    unknown: dict[str, tuple[str, ...]],
    decisions: dict[str, Any],
    warnings: list[str],
) -> int:
    """Feeds one sink per dataset. `unknown` holds the unknown paths per dataset that an earlier reading met."""
    head, chunks = peek(chunks, 4)
    mark = charsets.byte_order_mark(head)
    decisions["charset"] = {"charset": "utf-8", "evidence": "JSON is UTF-8"}
    if mark:
        chunks = charsets.from_utf16(chunks, mark[1]) if mark[1] != "utf-8" else chunks
        chunks = _without_bom(chunks)
        decisions["charset"] = {"charset": mark[1], "evidence": "byte order mark"}
    sinks: dict[str | None, Sink] = {}
    readers: dict[str | None, JsonReader] = {}
    for dataset in context.report.datasets:
        reader = JsonReader(dataset, Days(dataset, context), context.dropped(dataset), unknown.get(dataset.name, ()))
        readers[dataset.section] = reader
        sinks[dataset.section] = open_sink(dataset, reader.unknown)
    found: set[str | None] = set()
    others: dict[str, Any] = {}
    counts = {"plain_bytes": 0}
    try:
        for part in members(chunks, counts):
            if isinstance(part, Member):
                others[part.name] = part.value
                continue
            assert isinstance(part, Elements)
            if part.name not in sinks:
                if part.name in context.report.excluded_sections:
                    continue
                note = f"The document has an array {part.name!r} that the registry does not know; it is only in the archive."
                if note not in warnings:
                    warnings.append(note)
                if part.first == 1:
                    others[str(part.name)] = [e.decode("utf-8", "replace")[:200] for e in part.elements[:3]]
                continue
            found.add(part.name)
            if part.elements:
                sinks[part.name].add(readers[part.name].read(part.elements, part.first))
                sinks[part.name].rows_in = part.first + len(part.elements) - 1
    except NotJson as error:
        if error.cut_short:
            context.fail(TruncatedDocument, f"The JSON document is cut short: {error}", "Download it again with a new URL.")
        context.fail(
            UnreadableDocument, f"The document is not the JSON that was expected: {error}", "Look at the archived bytes."
        )
    _judge(context, found, others, sinks, warnings)
    for section, reader in readers.items():
        sinks[section].missing = reader.missing
        if reader.unknown:
            dataset_name = reader.dataset.name
            warnings.append(f"{dataset_name}: keys that the registry does not know, kept as text: {', '.join(reader.unknown)}.")
    decisions["specification"] = others.get(SPECIFICATION)
    return counts["plain_bytes"]


def _without_bom(chunks: Iterable[bytes]) -> Iterable[bytes]:
    _, chunks = peek(chunks, 3)
    source = iter(chunks)
    first = next(source, b"")
    yield first.removeprefix(b"\xef\xbb\xbf")
    yield from source


def _judge(
    context: DocumentContext, found: set[str | None], others: dict[str, Any], sinks: dict[str | None, Sink], warnings: list[str]
) -> None:
    if not found:
        if others:
            text = json.dumps(others, ensure_ascii=False, default=str)[:500]
            context.fail(
                WrongDocument,
                f"Instead of the report's sections the document says: {text}",
                "Amazon delivers explanations of failures in this way: act on the text, then request the report again.",
            )
        warnings.append("The document is empty: it has none of its sections.")
    elif absent := [str(s) for s in sinks if s not in found]:
        warnings.append(f"Sections that the document does not have, taken as empty: {', '.join(absent)}.")
    specification = others.get(SPECIFICATION)
    if not isinstance(specification, dict):
        if found:
            warnings.append("The document has no reportSpecification, so it could not be compared with what was asked.")
        return
    differences = list(_differences(context, specification, warnings))
    if differences:
        context.fail(
            WrongDocument,
            f"The document answers another question than was asked: {'; '.join(differences)}",
            "Request the report again; if it repeats, compare the request in the manifest with Amazon's documentation.",
        )


def _differences(context: DocumentContext, specification: dict[str, Any], warnings: list[str]) -> Iterable[str]:
    report = context.report
    if (kind := specification.get("reportType")) not in (None, report.report_type):
        yield f"reportType is {kind}, asked was {report.report_type}"
    for key, asked in (("dataStartTime", context.start), ("dataEndTime", context.end)):
        text = specification.get(key)
        if text is not None and str(text)[:10] != asked.isoformat():
            yield f"{key} is {text}, asked was {asked}"
    ids = specification.get("marketplaceIds")
    if ids is not None and context.marketplace_ids and set(ids) != set(context.marketplace_ids):
        yield f"marketplaceIds are {', '.join(map(str, ids))}, asked were {', '.join(context.marketplace_ids)}"
    options = specification.get("reportOptions")
    if not isinstance(options, dict):
        options = {}
    for key, value in report.options.items():
        if key not in options:
            warnings.append(f"The document's reportSpecification does not mention the option {key} = {value} that was asked.")
        elif str(options[key]) != value:
            yield f"option {key} is {options[key]}, asked was {value}"
