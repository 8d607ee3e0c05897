"""Reports, contexts and readers that the document tests share: small registry entries of their own, one lake per test."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from spapi_assets.datasets.model import Column, Dataset, Report, Window
from spapi_assets.ingest.documents.context import DocumentContext, LoadResult
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake

START, END = date(2026, 11, 1), date(2026, 11, 3)


def column(name: str, type: str = "text", **more: Any) -> Column:
    source = {} if {"path", "option"} & set(more) else {"header": name.replace("_", "-")}
    return Column(name=name, type=type, description=name, **source, **more)


def make_report(columns: Iterable[Column], *, format: str = "tsv", **more: Any) -> Report:
    window = more.pop("window", {"kind": "days", "max_days": 30})
    datasets = more.pop("datasets", None)
    if datasets is None:
        dataset = {"day_of": "column", "date_column": "updated", **more.pop("dataset", {})}
        datasets = (Dataset(name="sample", title="t", description="d", grain="g", columns=tuple(columns), **dataset),)
    values = {"name": "sample", "report_type": "GET_SAMPLE", "family": "seller", "kind": "seller", "scope": "account", **more}
    return Report(title="t", description="d", source="s", format=format, window=Window(**window), datasets=datasets, **values)


ORDERS = make_report(
    [
        column("order_id", required=True),
        column("updated", "timestamp", required=True),
        column("title"),
        column("price", "decimal", precision=18, scale=4),
        column("quantity", "integer"),
        column("shipped", "date"),
        column("business", "boolean"),
        column("buyer", pii=True),
    ]
)
HEADER = "order-id\tupdated\ttitle\tprice\tquantity\tshipped\tbusiness\tbuyer"


def order(
    number: object = 1, *, day: str = "2026-11-01T10:00:00+00:00", title: str = "Mug", price: str = "1.50", quantity: str = "1"
) -> str:
    return f"{number}\t{day}\t{title}\t{price}\t{quantity}\t2026-11-02\ttrue\tErika"


def make_context(report: Report = ORDERS, **more: Any) -> DocumentContext:
    values: dict[str, Any] = {
        "account": "acme",
        "marketplace": None,
        "report_id": "r1",
        "document_id": "d1",
        "start": START,
        "end": END,
        "created": datetime(2026, 11, 4, 1, tzinfo=UTC),
        "loaded_at": datetime(2026, 11, 4, 2, tzinfo=UTC),
    }
    return DocumentContext(report=report, **{**values, **more})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def load(lake: Lake) -> Callable[..., LoadResult]:
    """Loads lines (joined, with a header) or bytes as one gzip document."""

    def run(document: bytes | list[str], report: Report = ORDERS, *, header: str = HEADER, encoding: str = "utf-8", **more: Any):
        if isinstance(document, list):
            document = "\r\n".join([header, *document, ""]).encode(encoding)
        return load_document([gzip.compress(document)], make_context(report, **more), lake)

    return run


def small_blocks(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Documents are read in blocks of this many bytes, so that a short one has many."""
    for module in ("receive", "inflate"):
        monkeypatch.setattr(f"spapi_assets.ingest.documents.{module}._STEP", size)
    for module in ("tsv", "csv_document"):
        monkeypatch.setattr(f"spapi_assets.ingest.documents.{module}.SAMPLE_LINES", 3)
    monkeypatch.setattr("spapi_assets.ingest.documents.flat_document.HEAD", max(size, 64))
    monkeypatch.setattr("spapi_assets.ingest.documents.lines.Lines.__init__.__defaults__", (size,))


def rows(lake: Lake, dataset: str = "sample") -> list[dict[str, Any]]:
    """All rows of a dataset in document order."""
    found: list[dict[str, Any]] = []
    for path in lake.list(f"raw/{dataset}"):
        found.extend(pq.read_table(lake.open_input(path)).to_pylist())
    return sorted(found, key=lambda r: (r["_report_id"], r["_row"]))


def quarantine(lake: Lake, dataset: str = "sample") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in lake.list(f"quarantine/{dataset}"):
        found.extend(pq.read_table(lake.open_input(path)).to_pylist())
    return found
