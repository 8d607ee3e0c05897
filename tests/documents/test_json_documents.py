"""JSON reports: sections to datasets, exact numbers, drift, and the specification against what was asked."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from spapi_assets.datasets.loader import Registry, load_registry
from spapi_assets.datasets.model import Dataset, DayOf, Report
from spapi_assets.ingest.documents.errors import TruncatedDocument, UnreadableDocument, WrongDocument
from spapi_assets.ingest.documents.load import load_document
from tests.documents.conftest import column, make_context, make_report, quarantine, rows

ASINS = Dataset(
    name="asins", title="t", description="d", grain="g", section="byAsin", day_of=DayOf.WINDOW,
    columns=(
        column("asin", path="asin", required=True),
        column("amount", "decimal", path="sales.ordered.amount"),
        column("units", "integer", path="sales.units"),
        column("buyer", path="buyer.name", pii=True),
    ),
)  # fmt: skip
DAYS = Dataset(
    name="days", title="t", description="d", grain="g", section="byDate", day_of=DayOf.COLUMN, date_column="day",
    columns=(column("day", "date", path="date"), column("views", "integer", path="traffic.views", aliases=("traffic.view",))),
)  # fmt: skip
REPORT = make_report(
    [], format="json", datasets=(ASINS, DAYS), options={"granularity": "DAY"}, window={"kind": "days", "max_days": 1}
)
SPEC = {
    "reportType": "GET_SAMPLE",
    "reportOptions": {"granularity": "DAY"},
    "dataStartTime": "2026-11-01",
    "dataEndTime": "2026-11-01",
    "marketplaceIds": ["A1PA6795UKMFR9"],
}
ROW = {"asin": "B01", "sales": {"ordered": {"amount": 5.5, "currencyCode": "EUR"}, "units": 2}}


@pytest.fixture
def load_json(lake):
    def run(document: Any, report=REPORT, **more: Any):
        body = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
        values = {"end": date(2026, 11, 1), "marketplace": "DE", "marketplace_ids": ("A1PA6795UKMFR9",), **more}
        return load_document([body[i : i + 997] for i in range(0, len(body), 997)], make_context(report, **values), lake)

    return run


def document(asins: list[Any], days: list[Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {"reportSpecification": {**SPEC, **spec}, "byDate": days or [], "byAsin": asins}


def test_sections_become_datasets_with_their_own_day_rule(load_json, lake):
    result = load_json(document([ROW, {**ROW, "asin": "B02"}], [{"date": "2026-11-01", "traffic": {"views": 7}}]))
    assert result.rows == {"asins": 2, "days": 1}
    assert [r["asin"] for r in rows(lake, "asins")] == ["B01", "B02"]
    assert rows(lake, "days")[0]["views"] == 7
    assert "raw/asins/account=acme/marketplace=DE/date=2026-11-01/data.parquet" in list(lake.list())


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_layout_and_byte_order_mark_is_read(load_json, lake, indent, encoding):
    tricky = 'quote " and brace }],[{ and \\ Größe \u2028'
    load_json(json.dumps(document([{**ROW, "asin": tricky}] * 50), indent=indent, ensure_ascii=False).encode(encoding))
    assert [r["asin"] for r in rows(lake, "asins")] == [tricky] * 50


def test_decimals_are_exact_from_their_text(load_json, lake):
    text = json.dumps(document([ROW])).replace("5.5", "12345678901234.5678")
    load_json(text.encode())
    assert rows(lake, "asins")[0]["amount"] == Decimal("12345678901234.5678")


def test_unknown_keys_are_kept_as_text_even_when_they_appear_late(load_json, lake):
    late = {**ROW, "asin": "B99", "sales": {**ROW["sales"], "unitz": 1.10}, "tags": ["a"]}
    result = load_json(document([ROW] * 3000 + [late]))
    assert set(result.datasets["asins"].unknown_columns) == {"sales_ordered_currency_code", "sales_unitz", "tags"}
    assert rows(lake, "asins")[-1]["sales_unitz"] == "1.1"
    assert rows(lake, "asins")[-1]["tags"] == '["a"]'
    assert rows(lake, "asins")[0]["sales_unitz"] is None
    assert len(rows(lake, "asins")) == 3001


def test_other_spellings_of_a_path_are_aliases(load_json, lake):
    load_json(document([], [{"date": "2026-11-01", "traffic": {"view": 7}}]))
    assert rows(lake, "days")[0]["views"] == 7


@pytest.mark.parametrize(
    ("element", "named"),
    [
        ({"asin": "B", "sales": {"units": "2"}}, "units"),
        ({"asin": "B", "sales": {"units": 2.5}}, "units"),
        ({"asin": "B", "sales": {"units": 10**20}}, "units"),
        ({"asin": "B", "sales": {"ordered": {"amount": 1.23456}}}, "amount"),
        ({"asin": "B", "sales": {"ordered": True}}, "sales.ordered"),
        ({"asin": ["B"]}, "asin"),
        ({"sales": {"units": 1}}, "asin"),
        ("B", None),
        (5, None),
        ([1], None),
    ],
)
def test_a_value_of_the_wrong_type_quarantines_its_element_only(load_json, lake, element, named):
    result = load_json(document([ROW, element, ROW]))
    load = result.datasets["asins"]
    assert (load.rows_in, load.rows_out, load.quarantined) == (3, 2, 1)
    assert quarantine(lake, "asins")[0]["column"] == named
    assert quarantine(lake, "asins")[0]["row"] == 2


def test_not_a_number_is_not_json(load_json, lake):
    load_json(json.dumps(document([ROW, {"asin": "B", "sales": {"units": float("nan")}}])).encode())
    assert "not valid JSON" in quarantine(lake, "asins")[0]["reason"]


def test_personal_data_in_json_is_masked(load_json, lake):
    load_json(document([{**ROW, "buyer": {"name": "Erika"}}, {"asin": "B", "buyer": {"name": "Erika"}, "sales": {"units": "x"}}]))
    assert not any(b"Erika" in lake.read_bytes(p) for p in lake.list() if not p.startswith("archive"))


@pytest.mark.parametrize(
    "spec",
    [
        {"reportType": "GET_OTHER"},
        {"dataStartTime": "2026-10-31"},
        {"dataEndTime": "2026-11-02T00:00:00Z"},
        {"marketplaceIds": ["ATVPDKIKX0DER"]},
        {"reportOptions": {"granularity": "WEEK"}},
    ],
)
def test_a_document_that_answers_another_question_is_never_loaded(load_json, lake, spec):
    with pytest.raises(WrongDocument, match="answers another question"):
        load_json(document([ROW], **spec))
    assert not list(lake.list("raw"))


def test_an_explanation_delivered_as_done_is_a_wrong_document(load_json, lake):
    with pytest.raises(WrongDocument, match="The requested data is unavailable"):
        load_json({"reportSpecification": SPEC, "errorDetails": "The requested data is unavailable."})
    assert not list(lake.list("raw"))


def test_a_document_with_empty_sections_is_empty_not_missing(load_json, lake):
    result = load_json(document([]))
    assert result.is_empty
    assert len(list(lake.list("raw"))) == 2


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_json_that_is_cut_short_is_truncated(load_json, lake, share):
    body = json.dumps(document([ROW] * 20, [{"date": "2026-11-01"}])).encode()
    with pytest.raises(TruncatedDocument):
        load_json(body[: int(len(body) * share)])
    assert not list(lake.list())


def test_what_is_not_json_is_unreadable(load_json):
    with pytest.raises(UnreadableDocument):
        load_json(b"<html>Service Unavailable</html>")


def test_every_example_that_amazon_embeds_in_its_schemas_loads(amazon_reference, lake):
    """Also those whose keys are misspelt or that contradict their own schema: with a warning, never quietly."""
    registry = load_registry()
    loaded = 0
    for path in sorted((amazon_reference / "schemas" / "reports").glob("*.json")):
        for number, example in enumerate(json.loads(path.read_text("utf-8")).get("examples", [])):
            spec = example.get("reportSpecification", {})
            report = _report_for(registry, spec.get("reportType"), example, path.stem)
            context = make_context(
                report,
                start=date.fromisoformat(spec.get("dataStartTime", "2026-11-01")[:10]),
                end=date.fromisoformat(spec.get("dataEndTime", "2026-11-01")[:10]),
                marketplace_ids=tuple(spec.get("marketplaceIds", ())),
                options={k: str(v) for k, v in spec.get("reportOptions", {}).items()},
                report_id=f"{path.stem}{number}",
                marketplace="US",
            )
            result = load_document([json.dumps(example).encode()], context, lake)
            for dataset in report.datasets:
                load = result.datasets[dataset.name]
                assert load.quarantined == 0, quarantine(lake, dataset.name)
                assert load.rows_in == _count(example, (dataset.section or "").split(".")), dataset.name
                assert not load.unknown_columns or any(f"{dataset.name}: keys that" in w for w in result.warnings)
            loaded += 1
    assert loaded == 31


def _report_for(registry: Registry, kind: str | None, example: dict[str, Any], schema: str) -> Report:
    """The registry's report of that type and shape; only its day rule is set aside: examples cover weeks and months."""
    fitting = [
        r
        for r in registry.reports.values()
        if r.format == "json"
        and kind in (None, r.report_type)
        and all((d.section or "").split(".")[0] in example for d in r.datasets)
    ]
    # The two lists of business opportunities have the same member, and no specification that tells them apart.
    fitting = [r for r in fitting if kind or ("Recommended" in schema) == ("recommended" in r.name)] or fitting
    datasets = tuple(
        d.model_copy(update={"day_of": DayOf.FETCH, "columns": _optional(d)}) for d in fitting[0].datasets
    )  # fmt: skip
    return fitting[0].model_copy(update={"options": {}, "datasets": datasets})


def _count(value: Any, way: list[str]) -> int:
    if not way or value is None:
        return 0 if value is None else len(value) if isinstance(value, list) else 1
    if isinstance(value, list):
        return sum(_count(each, way) for each in value)
    return _count(value.get(way[0]), way[1:])


def _optional(dataset: Dataset) -> tuple[Any, ...]:
    """By-parent examples have no child ASIN; our requests by SKU always do."""
    return tuple(c.model_copy(update={"required": False}) for c in dataset.columns)
