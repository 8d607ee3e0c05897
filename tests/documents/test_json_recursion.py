"""Recursive sections (`breakdowns*`): one row an element of any depth, its place in the chain, and elements chosen in arrays."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_assets.datasets.model import Dataset, DayOf
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import column, make_context, make_report, quarantine, rows

TRANSACTIONS = Dataset(
    name="transactions", title="t", description="d", grain="g", section="payload.transactions", day_of=DayOf.WINDOW,
    columns=(
        column("number", "integer", path="%number"),
        column("id", path="id"),
        column("order_id", path="ids[name=ORDER_ID].value"),
    ),
)  # fmt: skip
IDS = Dataset(
    name="ids", title="t", description="d", grain="g", section="payload.transactions.ids", day_of=DayOf.WINDOW,
    columns=(column("name", path="name"), column("value", path="value")),
)  # fmt: skip
AMOUNTS = (
    column("type", path="type"),
    column("amount", "decimal", path="money.amount"),
    column("path", path="%path.type"),
    column("parent", path="%parent.type"),
    column("place", path="%place"),
    column("level", "integer", path="%level"),
    column("leaf", "boolean", path="%leaf"),
    column("top_currency", path="%top.money.currency"),
    column("currency", path="money.currency"),
)
LEDGER = Dataset(
    name="ledger", title="t", description="d", grain="g", section="payload.transactions.breakdowns*", day_of=DayOf.WINDOW,
    columns=(*AMOUNTS, column("id", path="../id"), column("order_id", path="../ids[name=ORDER_ID].value")),
)  # fmt: skip
ITEMS = Dataset(
    name="items", title="t", description="d", grain="g", section="payload.transactions.items", day_of=DayOf.WINDOW,
    columns=(
        column("item", "integer", path="%number"), column("name", path="name"), column("tags", "json", path="contexts"),
    ),
)  # fmt: skip
ITEM_LEDGER = Dataset(
    name="item_ledger", title="t", description="d", grain="g", section="payload.transactions.items.breakdowns*",
    day_of=DayOf.WINDOW,
    columns=(
        *AMOUNTS,
        column("item", "integer", path="../%number"),
        column("transaction", "integer", path="../../%number"),
        column("sku", path="../contexts[].sku"),
        column("id", path="../../id"),
    ),
)  # fmt: skip
REPORT = make_report(
    [], format="json", datasets=(TRANSACTIONS, IDS, LEDGER, ITEMS, ITEM_LEDGER), window={"kind": "days", "max_days": 1}
)
TREE = {
    "type": "Sales", "money": {"amount": 10, "currency": "EUR"},
    "breakdowns": [
        {"type": "Charges", "money": {"amount": 12, "currency": "EUR"},
         "breakdowns": [{"type": "Price", "money": {"amount": 11.5, "currency": "EUR"}, "breakdowns": []},
                        {"type": "Price", "money": {"amount": 0.5, "currency": "EUR"}, "breakdowns": None}]},
        {"type": "Fees", "money": {"amount": -2, "currency": "EUR"}},
    ],
}  # fmt: skip


def transaction(number: int, **more: Any) -> dict[str, Any]:
    ids = [{"name": "SHIPMENT_ID", "value": "S"}, {"name": "ORDER_ID", "value": f"O{number}"}, {"name": "ORDER_ID", "value": "?"}]
    return {"id": f"T{number}", "ids": ids, **more}


def load(document: Any, lake: Lake, report=REPORT):
    body = json.dumps({"payload": {"transactions": document}}).encode()
    return load_document([body], make_context(report, end=date(2026, 11, 1), marketplace="DE"), lake)


def test_every_amount_of_any_depth_is_one_row_with_its_place(lake):
    result = load([transaction(1, breakdowns=[TREE, {"type": "Tax", "money": {"amount": 1, "currency": "EUR"}}])], lake)
    found = [(r["place"], r["level"], r["leaf"], r["path"], r["parent"], r["amount"]) for r in rows(lake, "ledger")]
    assert found == [
        ("1", 1, False, "Sales", None, Decimal("10")),
        ("1.1", 2, False, "Sales/Charges", "Sales", Decimal("12")),
        ("1.1.1", 3, True, "Sales/Charges/Price", "Sales/Charges", Decimal("11.5")),
        ("1.1.2", 3, True, "Sales/Charges/Price", "Sales/Charges", Decimal("0.5")),
        ("1.2", 2, True, "Sales/Fees", "Sales", Decimal("-2")),
        ("2", 1, True, "Tax", None, Decimal("1")),
    ]
    assert {(r["id"], r["order_id"]) for r in rows(lake, "ledger")} == {("T1", "O1")}  # at every level that of the transaction
    assert not any("does not know" in w for w in result.warnings), result.warnings


def test_rows_name_the_positions_of_what_is_around_them_and_values_chosen_from_arrays(lake):
    items = [{"name": "a", "breakdowns": [TREE]}, {"name": "b", "contexts": [{"kind": 1}, {"sku": "S2"}], "breakdowns": [TREE]}]
    load([transaction(1), transaction(2, items=items)], lake)
    assert [(r["number"], r["order_id"]) for r in rows(lake, "transactions")] == [(1, "O1"), (2, "O2")]
    assert [(r["item"], r["name"], r["tags"]) for r in rows(lake, "items")] == [
        (1, "a", None),
        (2, "b", '[{"kind": 1}, {"sku": "S2"}]'),
    ]
    counted = Counter((r["id"], r["transaction"], r["item"], r["sku"]) for r in rows(lake, "item_ledger"))
    assert counted == {("T2", 2, 1, None): 5, ("T2", 2, 2, "S2"): 5}


def test_a_value_of_the_outermost_element_stands_in_for_one_that_the_nested_do_not_repeat(lake):
    datasets = (
        LEDGER.model_copy(
            update={"columns": (column("type", path="type"), column("owner", path="owner", aliases=("%top.owner",)))}
        ),
    )
    inner = [{"type": "b"}, {"type": "c", "owner": None, "breakdowns": [{"type": "d"}]}]
    load(
        [{"breakdowns": [{"type": "a", "owner": "me", "breakdowns": inner}]}],
        lake,
        REPORT.model_copy(update={"datasets": datasets}),
    )
    assert [(r["type"], r["owner"]) for r in rows(lake, "ledger")] == [(t, "me") for t in "abcd"]


def test_a_nested_element_that_says_otherwise_than_the_outermost_is_believed(lake):
    columns = (column("type", path="type"), column("owner", path="owner", aliases=("%top.owner",)))
    report = REPORT.model_copy(update={"datasets": (LEDGER.model_copy(update={"columns": columns}),)})
    nested = [{"type": "b", "owner": "you", "breakdowns": [{"type": "c"}]}]
    load([{"breakdowns": [{"type": "a", "owner": "me", "breakdowns": nested}]}], lake, report)
    assert [(r["type"], r["owner"]) for r in rows(lake, "ledger")] == [("a", "me"), ("b", "you"), ("c", "me")]


def test_nested_arrays_may_have_another_name_than_the_outermost(lake):
    report = REPORT.model_copy(
        update={"datasets": (LEDGER.model_copy(update={"section": "payload.transactions.amounts*breakdowns"}), TRANSACTIONS, IDS)}
    )
    result = load([transaction(1, amounts=[TREE])], lake, report)
    assert [r["place"] for r in rows(lake, "ledger")] == ["1", "1.1", "1.1.1", "1.1.2", "1.2"]
    assert not any("does not know" in w for w in result.warnings), result.warnings


def test_what_is_no_object_among_nested_elements_goes_to_the_quarantine_and_not_its_neighbours(lake):
    result = load(
        [transaction(1, breakdowns=[{**TREE, "breakdowns": ["odd", {"type": "x", "money": {"amount": "7"}}, TREE]}])], lake
    )
    assert (result.datasets["ledger"].rows_in, result.rows["ledger"]) == (8, 6)
    assert [q["reason"] for q in quarantine(lake, "ledger")] == ["not a JSON object", "not a JSON number"]


def test_unknown_keys_below_any_level_are_kept_as_text(lake):
    result = load([transaction(1, breakdowns=[{**TREE, "breakdowns": [{**TREE, "note": "new"}]}])], lake)
    assert any("note" in w for w in result.warnings)
    assert [r["note"] for r in rows(lake, "ledger")] == [None, "new", None, None, None, None]


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("%level", "payload.transactions"),
        ("%leaf.type", "payload.transactions.breakdowns*"),
        ("%path", "payload.transactions.breakdowns*"),
        ("%depth", "payload.transactions.breakdowns*"),
        ("../%place", "payload.transactions.breakdowns*"),
        ("../../%number", "payload.transactions"),
        ("%number", "payload"),
        ("ids[name=].[x", "payload.transactions"),
        ("type", "payload.transactions*.breakdowns"),
    ],
)
def test_a_path_that_means_nothing_in_its_section_is_a_sentence_and_not_a_null(path, section, lake):
    dataset = LEDGER.model_copy(update={"section": section, "columns": (column("x", path=path),)})
    with pytest.raises((ValueError, DocumentError), match=r"(column x|dataset ledger): "):
        load([transaction(1)], lake, REPORT.model_copy(update={"datasets": (dataset,)}))


_MONEY = st.decimals(-(10**6), 10**6, places=2)
_TREES = st.recursive(
    st.builds(lambda m: {"type": "leaf", "money": {"amount": float(m)}}, _MONEY),
    lambda inner: st.builds(
        lambda t, m, b: {"type": t, "money": {"amount": float(m)}, "breakdowns": b},
        st.sampled_from(["A", "B", "C/D", ""]), _MONEY, st.lists(inner, max_size=4),
    ),
    max_leaves=25,
)  # fmt: skip


def _amounts(trees: list[dict[str, Any]]) -> list[Decimal]:
    return [a for t in trees for a in (Decimal(str(t["money"]["amount"])), *_amounts(t.get("breakdowns", [])))]


@settings(max_examples=40, deadline=None)
@given(trees=st.lists(st.lists(_TREES, max_size=3), min_size=1, max_size=3))
def test_every_amount_of_the_document_stands_in_exactly_one_row(trees, tmp_path_factory):
    lake = Lake(str(tmp_path_factory.mktemp("lake")))
    result = load(
        [transaction(i, breakdowns=each, items=[{"name": "i", "breakdowns": each}]) for i, each in enumerate(trees)], lake
    )
    for name in ("ledger", "item_ledger"):
        found = rows(lake, name) if result.rows[name] else []
        assert [r["amount"] for r in found] == [a for each in trees for a in _amounts(each)]
        keys = [(r["id"], r["place"]) for r in found]
        assert len(set(keys)) == len(keys)
        assert [r["place"].count(".") + 1 for r in found] == [r["level"] for r in found]
        parents = {k[1].rpartition(".")[0] for k in keys if k[0] == "T0"} - {""}
        assert parents == {r["place"] for r in found if r["id"] == "T0" and not r["leaf"]}
