"""Reads one flat file, tab-separated or with quoting, as its header shows it to be.
Finding that out is `dialect.py`; the two ways to read are `tsv.py` and `csv_document.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.csv_document import read_csv
from spapi_assets.ingest.documents.dialect import DECLARED, HEAD, dialect_of
from spapi_assets.ingest.documents.findings import Findings
from spapi_assets.ingest.documents.inflate import peek
from spapi_assets.ingest.documents.sink import Sink
from spapi_assets.ingest.documents.tsv import read_tsv


def read_flat(
    chunks: Iterable[bytes],
    context: DocumentContext,
    open_sink: Callable[[Dataset, tuple[str, ...]], Sink],
    decisions: dict[str, Any],
    warnings: list[str],
    findings: Findings,
) -> int:
    """Feeds the sink of the report's dataset. Returns the number of plain bytes."""
    dataset = context.report.datasets[0]
    head, chunks = peek(chunks, HEAD)
    dialect = dialect_of(head, context.report.format, dataset, context.dropped(dataset))
    if dialect != DECLARED[context.report.format]:
        warnings.append(f"The document is not what the registry says ({context.report.format}): {dialect.evidence}.")
    read = read_csv if dialect.quoted else read_tsv
    return read(chunks, context, open_sink, decisions, warnings, findings, dialect)
