"""Data Kiosk's entries against Amazon's own GraphQL schemas: every field is a column or left out with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_object_type,
    parse,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import ColumnType, Report
from spapi_assets.ingest.data_kiosk.query import below_line, query_text, selection
from spapi_assets.ingest.documents.json_lines import LINES
from spapi_assets.ingest.fanout import fan_of
from spapi_assets.ingest.windows import period
from spapi_assets.settings import Account
from spapi_assets.spapi.data_kiosk import LONGEST_QUERY, normalised

QUERIES = [r for r in load_registry().reports.values() if r.query is not None]
NAMES = {
    "seller": Account(
        name="s", kind="seller", region="eu", selling_partner_id="A1", marketplaces=("DE", "UK"), secret="s", reports=("all",)
    ),
    "vendor": Account(
        name="v", kind="vendor", region="eu", selling_partner_id="A2", marketplaces=("DE", "FR"), secret="s", reports=("all",)
    ),
}
TYPES = {
    "Long": {ColumnType.INTEGER}, "Int": {ColumnType.INTEGER}, "Float": {ColumnType.DECIMAL}, "Date": {ColumnType.DATE},
    "String": {ColumnType.TEXT},
}  # fmt: skip


@cache
def _schema(folder: Path, root: str) -> GraphQLSchema:
    return build_schema((folder / "schemas" / "data-kiosk" / f"{root}.graphql").read_text())


def _text(report: Report, start: date = date(2026, 11, 1)) -> str:
    first, last = period(report, start)
    place = "DE" if report.scope == "marketplace" else None
    return query_text(report, fan_of(report, place).units[0].options, first, last, NAMES[report.kind.value])


def _leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, field in node.fields.items():
        named = get_named_type(field.type)
        if is_object_type(named):
            yield from _leaves(named, (*path, name))
        else:
            yield (*path, name), named.name


def _lists(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in node.fields.items():
        if is_object_type(named := get_named_type(field.type)):
            if is_list_type(get_nullable_type(field.type)):
                yield (*path, name)
            yield from _lists(named, (*path, name))


def _row_type(amazon_reference: Path, report: Report) -> Any:
    root, field = report.report_type.split(".")
    schema = _schema(amazon_reference, root)
    return get_named_type(get_named_type(schema.query_type.fields[root].type).fields[field].type)


def test_the_five_queries_are_there_and_none_is_asked_for_unless_it_is_named() -> None:
    assert {r.name for r in QUERIES} >= {
        "dk_sales_and_traffic_by_asin", "dk_sales_and_traffic_by_date", "dk_sales_and_traffic_by_date_weekly", "dk_economics",
        "dk_vendor_manufacturing", "dk_vendor_manufacturing_weekly", "dk_vendor_sourcing", "dk_vendor_sourcing_monthly",
    }  # fmt: skip
    assert not [r.name for r in QUERIES if r.default]


@pytest.mark.parametrize("report", QUERIES, ids=lambda r: r.name)
def test_amazons_schema_accepts_the_query(report: Report, amazon_reference: Path) -> None:
    text = _text(report)
    assert validate(_schema(amazon_reference, report.report_type.split(".")[0]), parse(text)) == []
    assert len(text) <= LONGEST_QUERY
    assert '"{' not in text, "a placeholder was not filled"
    assert normalised(text) == text


@pytest.mark.parametrize("report", QUERIES, ids=lambda r: r.name)
def test_every_field_of_amazons_type_is_a_column_of_its_kind_or_left_out_with_a_reason(
    report: Report, amazon_reference: Path
) -> None:
    row = _row_type(amazon_reference, report)
    lists = set(_lists(row))
    assert {tuple(p.split(".")) for p in report.query.lists} <= lists
    kept: dict[tuple[str, ...], set[ColumnType]] = {}
    left_out: set[tuple[str, ...]] = set()
    for dataset in report.datasets:
        section = tuple((dataset.section or LINES).split("."))[1:]
        for column in dataset.columns:
            kept.setdefault(below_line(column.path, section, lists), set()).add(column.type)
        left_out |= {below_line(path, section, lists) for path, reason in dataset.excluded.items() if reason}
    leaves = dict(_leaves(row))
    json = {path for path, types in kept.items() if types == {ColumnType.JSON}}
    for path, kind in leaves.items():
        inside = any(path[:n] in json for n in range(1, len(path)))
        excluded = any(path[: n + 1] in left_out for n in range(len(path)))
        assert (path in kept) + inside + excluded == 1, f"{report.name}: {'.'.join(path)}"
        if path in kept:
            assert kept[path] <= TYPES[kind], f"{report.name}: {'.'.join(path)} is {kind}"
        if inside:
            assert ".".join(path) in report.query.select
    assert set(kept) - json <= set(leaves)


@pytest.mark.parametrize("report", QUERIES, ids=lambda r: r.name)
def test_the_query_selects_the_columns_and_nothing_else(report: Report, amazon_reference: Path) -> None:
    def leaves(tree: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for name, below in tree.items():
            yield from leaves(below, (*path, name)) if below else [(*path, name)]

    lists = set(_lists(_row_type(amazon_reference, report)))
    wanted = {tuple(path.split(".")) for path in report.query.select}
    for dataset in report.datasets:
        section = tuple((dataset.section or LINES).split("."))[1:]
        wanted |= {below_line(c.path, section, lists) for c in dataset.columns if c.type is not ColumnType.JSON}
    assert set(leaves(selection(report))) == wanted


def test_what_the_report_and_data_kiosk_both_tell_has_one_name_and_type() -> None:
    datasets = load_registry().datasets
    for name in ("sales_and_traffic_by_asin", "sales_and_traffic_by_date"):
        ours = {c.name: c for c in datasets[f"dk_{name}"].columns}
        theirs = {c.name: c for c in datasets[name].columns}
        measures = {n for n in theirs if theirs[n].unit}
        assert measures <= set(ours)
        assert [n for n in measures if (ours[n].type, ours[n].scale, ours[n].unit) != (
            theirs[n].type, theirs[n].scale, theirs[n].unit)] == []  # fmt: skip


def test_the_text_names_the_window_the_marketplace_and_the_accounts_currency() -> None:
    by_name = {r.name: r for r in QUERIES}
    text = _text(by_name["dk_sales_and_traffic_by_date_weekly"], date(2026, 11, 4))
    assert '(aggregateBy:WEEK endDate:"2026-11-07"marketplaceIds:["A1PA6795UKMFR9"]startDate:"2026-11-01")' in text
    assert 'currencyCode:"EUR"' in _text(by_name["dk_vendor_sourcing"])
    assert "aggregateBy:{date:DAY productId:MSKU}" in _text(by_name["dk_economics"])


def test_places_that_would_change_what_a_row_is_are_not_selected() -> None:
    for report in QUERIES:
        assert "shipTo" not in _text(report)
        assert "vendorCode" not in _text(report)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(QUERIES), st.randoms(use_true_random=False), st.dates(date(2024, 1, 1), date(2027, 1, 1)))
def test_any_choice_of_columns_makes_a_query_that_amazons_schema_accepts(
    amazon_reference: Path, report: Report, random: Random, day: date
) -> None:
    datasets = []
    for dataset in report.datasets:
        kept = [c for c in dataset.columns if c.required or c.type is ColumnType.JSON or random.random() < 0.5]
        names = {c.name for c in kept}
        datasets.append(dataset.model_copy(update={"columns": tuple(kept), "row_key": tuple(names & set(dataset.row_key))}))
    fewer = report.model_copy(update={"datasets": tuple(random.sample(datasets, len(datasets)))})
    text = _text(fewer, day)
    assert validate(_schema(amazon_reference, report.report_type.split(".")[0]), parse(text)) == []
    assert text == _text(report.model_copy(update={"datasets": tuple(datasets)}), day), "the order of tables is not the query's"
    assert len(text) <= len(_text(report, day))
