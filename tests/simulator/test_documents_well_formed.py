"""Every flat file, whatever its family: as many fields as header names, in the charset it declares, and the same twice."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import Document, Unrenderable, listed, render_listed
from spapi_assets.simulator.documents.families import fba, finance, listings, orders, returns, tax

from .kestrel import NOW, SELLER_OF, ask, codec_of

BUSINESS, AGAIN = Business(), Business()
TYPES = sorted(t for family in (listings, orders, returns, finance, fba, tax) for t in family.RENDERERS)
SPANS = [("2026-10-01", "2026-11-01"), ("2026-10-20", "2026-11-19"), ("2026-07-01", "2026-10-01"), ("2025-01-01", "2026-01-01")]
SPANS += [("2023-10-01", "2023-10-20"), ("2026-01-01", "2026-11-01")]
# Needs an order of the last four hours; tested where such an hour is looked for.
RARE = {"GET_FLAT_FILE_PENDING_ORDERS_DATA", "GET_CONVERGED_FLAT_FILE_PENDING_ORDERS_DATA"}


def found(business: Business, report_type: str) -> Document:
    """The type's document in the first marketplace and window that have one, from the most exotic store on."""
    for code in ("JP", "IN", "IT", "UK", "CA", "US", "DE"):
        for report in listed(business, SELLER_OF[code], [report_type], NOW - timedelta(days=60), NOW):
            return render_listed(business, SELLER_OF[code], report)
        for start, end in SPANS:
            try:
                return ask(business, report_type, [code], start, end)
            except Unrenderable:
                continue
    raise AssertionError(f"no marketplace and no window has a {report_type}")


@pytest.mark.parametrize("report_type", sorted(set(TYPES) - RARE))
def test_every_line_has_the_fields_of_the_header_in_the_declared_charset(report_type: str) -> None:
    document = found(BUSINESS, report_type)
    text = document.body.decode(codec_of(document))
    assert text.endswith("\r\n")
    if document.content_type.startswith("text/csv"):
        header, *lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    else:
        header, *lines = [line.split("\t") for line in text.split("\r\n")[:-1]]
    assert lines, "a report without rows is cancelled, not empty"
    assert len(set(header)) == len(header)
    assert {len(line) for line in lines} == {len(header)}
    assert not any("\n" in cell or "None" in cell for line in lines for cell in line)
    assert found(AGAIN, report_type) == document
