"""Documents in the shape of other connectors' test fixtures: every header of a report, rows that repeat the header's words.
Of such rows typed columns cannot be read: every row must be counted, none may be lost, and no document may be refused."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import ColumnType, DayOf, Report, WindowKind
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.windows import period
from tests.documents.conftest import quarantine, rows
from tests.documents.from_registry import DAY

REGISTRY = load_registry()
FLAT = sorted(name for name, report in REGISTRY.reports.items() if report.format in ("tsv", "csv"))


def context(report: Report) -> DocumentContext:
    first, last = period(report, DAY)
    created = datetime.combine(last + timedelta(days=1), time(9), UTC)
    if report.window.kind is WindowKind.SNAPSHOT:
        first = last = created.date()
    return DocumentContext(
        report=report,
        account="acme",
        marketplace=None,
        report_id="r1",
        document_id="d1",
        start=first,
        end=last,
        created=created,
        loaded_at=created,
        options=dict(report.options),
    )


def placeholder(report: Report, spelling: str, count: int) -> bytes:
    """Tab-separated whatever the report's format, LF, no quotes; only the date that decides the partition is one."""
    (dataset,) = report.datasets
    columns = [c for c in dataset.columns if c.header is not None]
    headers = [c.header or "" for c in columns]
    if spelling == "joined":
        headers = [
            "".join(word[:1].upper() + word[1:] for word in h.replace("_", " ").replace("-", " ").split(" ")) for h in headers
        ]
    decides = dataset.date_column if dataset.day_of in (DayOf.COLUMN, DayOf.DOCUMENT) else None
    day = context(report).start
    spelled = {ColumnType.DATE: day.strftime("%m/%d/%Y" if report.date_order == "mdy" else "%Y-%m-%d")}
    cells = [
        spelled.get(c.type, f"{day} 10:00:00 UTC") if c.name == decides else h for c, h in zip(columns, headers, strict=True)
    ]
    return "\n".join(["\t".join(headers), *["\t".join(cells)] * count, ""]).encode()


@pytest.mark.parametrize("spelling", ["registry", "joined"])
@pytest.mark.parametrize("name", FLAT)
def test_every_row_of_a_placeholder_document_is_counted(lake, name, spelling):
    report = REGISTRY.reports[name]
    result = load_document([placeholder(report, spelling, 2)], context(report), lake)
    (load,) = result.datasets.values()
    dataset = report.datasets[0].name
    assert (load.rows_in, load.rows_out + load.quarantined) == (2, 2)
    assert len(rows(lake, dataset)) + len(quarantine(lake, dataset)) == 2
    assert not load.unknown_columns
    assert not load.missing_columns


ORDERS = """<?xml version="1.0" encoding="iso-8859-1"?>
<AmazonEnvelope>{}</AmazonEnvelope>"""
MESSAGE = """
    <Message>
        <MessageID>{0}</MessageID>
        <OrderReport>
            <AmazonOrderID>AmazonOrderID {0}</AmazonOrderID>
            <OrderDate>2026-10-14</OrderDate>{1}
        </OrderReport>
    </Message>"""
ITEM = """
            <Item>
                <AmazonOrderItemCode>AmazonOrderItemCode {0}</AmazonOrderItemCode>
                <SKU>SKU {0}</SKU>
                <Quantity>11</Quantity>
                <ItemPrice><Type>Principal</Type><Amount>111.00</Amount><currency>USD</currency></ItemPrice>
            </Item>"""


def test_order_reports_with_items_of_another_shape_keep_what_they_hold(lake):
    report = REGISTRY.reports["order_report_shipping_xml"]
    body = ORDERS.format("".join(MESSAGE.format(i, ITEM.format(i)) for i in (1, 2)))
    result = load_document([body.encode()], context(report), lake)
    assert result.rows["order_report_shipping_xml"] == 2
    first = rows(lake, "order_report_shipping_xml")[0]
    assert (first["sku"], first["item_price_type"], first["item_price_amount"]) == ("SKU 1", "Principal", "111.00")


def test_orders_without_items_are_told_for_they_are_only_in_the_archive(lake):
    report = REGISTRY.reports["order_report_shipping_xml"]
    body = ORDERS.format("".join(MESSAGE.format(i, "") for i in (1, 2)))
    result = load_document([body.encode()], context(report), lake)
    assert result.is_empty
    assert any("2 elements Message.OrderReport have no rows below them" in w for w in result.warnings)
