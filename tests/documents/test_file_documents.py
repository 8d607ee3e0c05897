"""Documents that are archived and catalogued, not parsed: PDF, ZIP, and what nobody knows."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest

from spapi_assets.ingest.documents.errors import WrongDocument
from spapi_assets.ingest.documents.load import load_document
from tests.documents.conftest import column, make_context, make_report, rows

REPORT = make_report(
    [
        column("name", path="name"),
        column("content_type", path="content_type"),
        column("bytes", "integer", path="bytes"),
        column("sha256", path="sha256", required=True),
        column("pages", "integer", path="pages"),
    ],
    format="file",
    dataset={"day_of": "fetch", "date_column": None},
)


def pdf(pages: int, *, count: int | None = None) -> bytes:
    kids = b"".join(b"%d 0 obj << /Type /Page /Parent 2 0 R >> endobj\n" % (i + 3) for i in range(pages))
    tree = b"2 0 obj << /Type /Pages /Count %d >> endobj\n" % (pages if count is None else count)
    return b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n" + tree + kids + b"trailer\n%%EOF\n"


def archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as parts:
        parts.writestr("invoice.pdf", pdf(1))
    return target.getvalue()


@pytest.mark.parametrize(
    ("body", "declared", "kind", "pages"),
    [
        (pdf(3), "application/pdf", "application/pdf", 3),
        (pdf(2), None, "application/pdf", 2),
        (pdf(2, count=5), None, "application/pdf", None),
        (pdf(1) + pdf(1), None, "application/pdf", None),
        (pdf(1) + b"/ObjStm", None, "application/pdf", None),
        (archive(), None, "application/zip", None),
        (b"\x00\x01 whatever", None, "application/octet-stream", None),
        (b"<?xml version='1.0'?><a/>", "text/xml; charset=UTF-8", "text/xml", None),
    ],
)
def test_a_document_is_one_row_with_what_is_certain_about_it(load, lake, body, declared, kind, pages):
    result = load(body, REPORT, content_type=declared)
    (row,) = rows(lake)
    assert (row["content_type"], row["pages"]) == (kind, pages)
    assert (row["bytes"], row["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert lake.uri(row["name"]) == result.archive_uri
    assert lake.exists(row["name"])
    assert (result.datasets["sample"].rows_in, result.datasets["sample"].rows_out) == (1, 1)


def test_an_explanation_instead_of_a_file_is_a_wrong_document(load, lake):
    with pytest.raises(WrongDocument, match="No invoices"):
        load(b'{"errorDetails": "No invoices"}', REPORT)
    assert not list(lake.list("raw"))


def test_an_empty_body_is_an_empty_document(lake):
    assert load_document([], make_context(REPORT), lake).is_empty


def test_an_unexpected_kind_is_told(load):
    assert any("declared application/pdf" in w for w in load(archive(), REPORT, content_type="application/pdf").warnings)
