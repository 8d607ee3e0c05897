"""Where rows stand in a JSON document: nested arrays, values of enclosing elements, documents that are the array or the row."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest

from spapi_assets.datasets.model import Dataset, DayOf
from spapi_assets.ingest.documents import json_sections, load
from spapi_assets.ingest.documents.errors import UnreadableDocument, WrongDocument
from spapi_assets.ingest.documents.load import load_document
from tests.documents.conftest import column, make_context, make_report, quarantine, rows


def dataset(name: str, section: str | None, *columns: Any, **more: Any) -> Dataset:
    return Dataset(
        name=name, title="t", description="d", grain="g", section=section, day_of=DayOf.FETCH, columns=columns, **more
    )  # fmt: skip


CAMPAIGNS = dataset(
    "campaigns", "campaigns", column("id", path="id", required=True), column("budget", "decimal", path="budget.amount")
)
COUPONS = dataset(
    "coupons", "campaigns.coupons", column("coupon", path="id"), column("campaign", path="../id", required=True),
    column("clips", "integer", path="clips"), column("market", path="../../specification.market"),
    excluded={"message": "shown on the website only"},
)  # fmt: skip
ASINS = dataset(
    "asins", "campaigns.coupons.asins", column("asin", path="asin", required=True), column("coupon", path="../id"),
    column("campaign", path="../../id"), column("budget", "decimal", path="../../budget.amount"),
    column("updated", "date", path="../../../updated"), column("view", option="view"),
)  # fmt: skip
DOCUMENT = {
    "specification": {"market": "DE"},
    "updated": "2026-11-01",
    "campaigns": [
        {"id": "C1", "budget": {"amount": 10.5}, "coupons": [
            {"id": "K1", "clips": 3, "message": "10 %", "asins": [{"asin": "B01"}, {"asin": "B02"}]},
            {"id": "K2", "clips": 4, "asins": []},
        ]},
        {"id": "C2", "coupons": None},
        {"id": "C3", "budget": None, "coupons": [{"id": "K3", "asins": [{"asin": "B03"}]}]},
    ],
}  # fmt: skip


@pytest.fixture
def load_json(lake):
    def run(document: Any, *datasets: Dataset, **more: Any):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        report = make_report([], format="json", datasets=datasets, options={"view": "RETAIL"})
        context = make_context(report, end=date(2026, 11, 1), start=date(2026, 11, 1), marketplace="DE", **more)
        return load_document([body[i : i + 301] for i in range(0, len(body), 301)], context, lake)

    return run


def cells(lake, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(str(r[c]) if r[c] is not None else None for c in columns) for r in rows(lake, name)]


def test_each_level_of_a_nested_array_has_rows_and_counts_of_its_own(load_json, lake):
    result = load_json(DOCUMENT, CAMPAIGNS, COUPONS, ASINS, options={"view": "RETAIL"})
    assert {n: (d.rows_in, d.rows_out) for n, d in result.datasets.items()} == {
        "campaigns": (3, 3),
        "coupons": (3, 3),
        "asins": (3, 3),
    }
    assert cells(lake, "campaigns", "id", "budget") == [("C1", "10.5000"), ("C2", None), ("C3", None)]
    assert cells(lake, "coupons", "coupon", "campaign", "clips", "market") == [
        ("K1", "C1", "3", "DE"), ("K2", "C1", "4", "DE"), ("K3", "C3", None, "DE"),
    ]  # fmt: skip
    assert cells(lake, "asins", "asin", "coupon", "campaign", "budget", "updated", "view", "_row") == [
        ("B01", "K1", "C1", "10.5000", "2026-11-01", "RETAIL", "1"),
        ("B02", "K1", "C1", "10.5000", "2026-11-01", "RETAIL", "2"),
        ("B03", "K3", "C3", None, "2026-11-01", "RETAIL", "3"),
    ]
    assert all(not d.unknown_columns for d in result.datasets.values())
    assert not any("does not know" in w for w in result.warnings)


def test_members_of_the_document_are_found_wherever_they_stand(load_json, lake):
    late = {key: DOCUMENT[key] for key in ("campaigns", "updated", "specification")}
    load_json(late, COUPONS, ASINS, options={"view": "RETAIL"})
    assert cells(lake, "coupons", "coupon", "market") == [("K1", "DE"), ("K2", "DE"), ("K3", "DE")]
    assert cells(lake, "asins", "updated")[0] == ("2026-11-01",)


def test_a_member_that_the_document_does_not_have_is_null(load_json, lake):
    load_json({"campaigns": DOCUMENT["campaigns"]}, COUPONS)
    assert cells(lake, "coupons", "coupon", "market")[0] == ("K1", None)


@pytest.mark.parametrize("key", ["currency", "currencyCode"])
def test_members_of_the_document_have_other_spellings_too(load_json, lake, key):
    money = dataset("d", "rows", column("id", path="id"), column("currency", path="../currency", aliases=("../currencyCode",)))
    load_json({key: "EUR", "rows": [{"id": str(i)} for i in range(300)]}, money)
    assert set(cells(lake, "d", "currency")) == {("EUR",)}


def test_a_bad_row_of_a_nested_array_leaves_its_neighbours_alone(load_json, lake):
    coupons = [{"id": "K1", "asins": [{"asin": "B01"}, {"asin": None}, "B02", {"asin": "B03"}]}, {"id": "K2", "asins": "none"}]
    result = load_json({"campaigns": [{"id": "C1", "coupons": coupons}]}, CAMPAIGNS, COUPONS, ASINS)
    load = result.datasets["asins"]
    assert (load.rows_in, load.rows_out, load.quarantined) == (5, 2, 3)
    assert cells(lake, "asins", "asin", "_row") == [("B01", "1"), ("B03", "4")]
    assert [(q["row"], q["raw"]) for q in quarantine(lake, "asins")] == [(2, '{"asin": null}'), (3, '"B02"'), (5, '"none"')]
    assert result.datasets["coupons"].quarantined == 0


def test_keys_between_the_document_and_its_rows_are_not_lost_in_silence(load_json):
    result = load_json(DOCUMENT, ASINS)
    [said] = [w for w in result.warnings if "above its rows" in w]
    assert "campaigns.coupons.clips, campaigns.coupons.message." in said


def test_a_document_that_is_the_array_or_the_one_row_needs_no_section(load_json, lake):
    whole = dataset("whole", None, column("id", path="id", required=True), column("amount", "decimal", path="total.amount"))
    load_json([{"id": "a", "total": {"amount": 1.25}}, {"id": "b"}], whole)
    assert cells(lake, "whole", "id", "amount") == [("a", "1.2500"), ("b", None)]
    result = load_json({"id": "c", "total": {"amount": 2.5}, "parts": [1.50, 2], "new": True}, whole, report_id="r2")
    assert cells(lake, "whole", "id", "amount", "parts", "new") == [("c", "2.5000", "[1.5, 2]", "true")]
    assert set(result.datasets["whole"].unknown_columns) == {"parts", "new"}


def test_the_document_can_be_a_row_beside_its_sections(load_json, lake):
    head = dataset("head", None, column("id", path="id"))
    parts = dataset("parts", "parts", column("part", path="part"), column("of", path="../id"))
    result = load_json({"id": "a", "parts": [{"part": "p1"}, {"part": "p2"}]}, head, parts)
    assert result.rows == {"head": 1, "parts": 2}
    assert cells(lake, "parts", "part", "of") == [("p1", "a"), ("p2", "a")]
    assert not result.datasets["head"].unknown_columns


def test_an_object_where_the_array_should_be_is_its_only_element(load_json, lake):
    load_json({"campaigns": DOCUMENT["campaigns"][0]}, CAMPAIGNS, COUPONS)
    assert cells(lake, "campaigns", "id") == [("C1",)]
    assert cells(lake, "coupons", "coupon", "campaign") == [("K1", "C1"), ("K2", "C1")]


@pytest.mark.parametrize("section", [None, "campaigns", "campaigns.coupons"])
def test_an_explanation_is_never_a_row(load_json, lake, section):
    with pytest.raises(WrongDocument, match="not yet available"):
        load_json(
            {"errorDetails": "The report data for the requested date range is not yet available."},
            dataset("d", section, column("id", path="id")),
        )
    assert not list(lake.list("raw"))


def test_plain_values_in_an_array_are_rows_of_the_column_named_by_a_point(load_json, lake):
    load_json({"asins": ["B01", "B02", None, ["x"]]}, dataset("d", "asins", column("asin", path=".", required=True)))
    assert cells(lake, "d", "asin") == [("B01",), ("B02",)]
    assert [q["row"] for q in quarantine(lake, "d")] == [3, 4]


PLAIN = dataset(
    "d", "rows", column("id", path="id"), column("units", "integer", path="units"), column("at", "timestamp", path="at")
)


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (b'{"id": "\\ud800"}', "half of a surrogate pair"),
        (b'{"new": "\\udfff"}', "half of a surrogate pair"),
        (b'{"units": 1, "units": 2}', "has two values"),
        (b'{"id": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deep"),
        (b'{"id": ' + b'{"a":' * 400 + b"1" + b"}" * 401, "nested too deep"),
        (b'{"id": "\xff"}', "utf-8"),
    ],
)
def test_what_no_cell_can_hold_is_quarantined_with_its_text(load_json, lake, element, reason):
    body = b'{"rows": [{"id": "a"}, ' + element + b', {"id": "c"}]}'
    result = load_json(body, PLAIN)
    assert (result.datasets["d"].rows_out, result.datasets["d"].quarantined) == (2, 1)
    assert reason in quarantine(lake, "d")[0]["reason"]


def test_a_blank_text_in_a_column_of_numbers_or_times_is_no_value(load_json, lake):
    result = load_json({"rows": [{"units": "", "at": " "}, {"units": "N/A", "at": ""}, {"units": "5"}]}, PLAIN)
    assert (result.datasets["d"].rows_out, result.datasets["d"].quarantined) == (2, 1)


def test_numbers_where_text_was_declared_load_with_a_warning(load_json, lake):
    result = load_json({"rows": [{"id": 1.50}, {"id": True}]}, PLAIN)
    assert cells(lake, "d", "id") == [("1.5",), ("true",)]
    assert any("numbers or words where the registry has text" in w for w in result.warnings)


def test_a_gigabyte_is_read_twice_at_most_whatever_keys_turn_up_in_it(load_json, lake):
    elements = [{"id": str(i), **({f"late{i}": i} if i % 300 == 299 else {})} for i in range(3000)]
    with patch.object(load, "read_json", side_effect=load.read_json) as read:
        result = load_json({"rows": elements}, PLAIN)
    assert read.call_count == 2
    assert len(result.datasets["d"].unknown_columns) == 10
    assert rows(lake, "d")[299]["late299"] == "299"


def test_keys_that_the_first_elements_show_cost_no_second_reading(load_json):
    with patch.object(load, "read_json", side_effect=load.read_json) as read:
        load_json({"rows": [{"id": str(i), "new": i, "more": {"new": [i]}} for i in range(3000)]}, PLAIN)
    assert read.call_count == 1


def test_keys_that_are_values_do_not_become_columns_without_end(load_json):
    with pytest.raises(UnreadableDocument, match="more than 500 keys"):
        load_json({"rows": [{f"B{i}": i} for i in range(json_sections.MOST_UNKNOWN + 1)]}, PLAIN)


def test_an_unknown_member_of_the_document_is_said(load_json):
    result = load_json({"rows": [{"id": "a"}], "total": 7, "reportSpecification": {}, "more": [{}]}, PLAIN)
    said = " ".join(result.warnings)
    assert "a member 'total' that the registry does not know" in said
    assert "an array 'more' that the registry does not know" in said


def test_a_member_with_two_values_is_nothing_to_choose_from(load_json):
    with pytest.raises(UnreadableDocument, match="'total' has two values"):
        load_json(b'{"total": 1, "rows": [], "total": 2}', PLAIN)
