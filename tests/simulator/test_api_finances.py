"""Finances 2024-06-19 and Transfers 2024-06-01 of the simulator: Amazon's rules, and the settlements' amounts to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from spapi_assets.simulator.documents import ListedReport, listed, render_listed

from .amazon import Models
from .conftest import DE, US
from .kestrel import BY_ORDER_DATE, EU, IDS, NA, SETTLEMENT, amount, ask, table
from .neighbours import NOW, Store, ago, business_at_now, iso

TYPES = {"Shipment": "Order", "Refund": "Refund"}


def transactions(store: Store, *, checked: bool = False, **query: Any) -> Iterator[dict[str, Any]]:
    payload = store.ask("listTransactions", checked=checked, **query)["payload"]
    yield from payload["transactions"]
    while token := payload.get("nextToken"):
        payload = store.ask("listTransactions", checked=checked, **query, nextToken=token)["payload"]
        yield from payload["transactions"]


def cents(found: dict[str, Any]) -> Decimal:
    """A number of JSON as the decimal it was written as."""
    return Decimal(str(found["currencyAmount"]))


def related(found: dict[str, Any], name: str) -> str:
    values = [r["relatedIdentifierValue"] for r in found["relatedIdentifiers"] if r["relatedIdentifierName"] == name]
    assert len(values) == 1, f"{len(values)} identifiers {name}"
    return values[0]


def settlements(store: Store, partner: str, code: str) -> list[ListedReport]:
    found = listed(store.simulator.state.business, partner, [SETTLEMENT], NOW - timedelta(days=60), NOW)
    return [report for report in found if report.marketplace_ids == (IDS[code],)]


def settled(store: Store, partner: str, report: ListedReport) -> list[dict[str, str]]:
    return table(render_listed(store.simulator.state.business, partner, report))


@pytest.mark.parametrize(("name", "partner", "code"), [("eu", EU, "DE"), ("eu", EU, "UK"), ("na", NA, "US")])
def test_a_settlements_transactions_are_its_rows_order_by_order_to_the_cent(
    stores: dict[str, Store], name: str, partner: str, code: str
) -> None:
    head, *rows = settled(stores[name], partner, settlements(stores[name], partner, code)[0])
    found = list(
        transactions(
            stores[name],
            relatedIdentifierName="ORDER_ID",
            relatedIdentifierValue=next(r["order-id"] for r in rows if r["order-id"]),
        )
    )
    group = related(found[0], "FINANCIAL_EVENT_GROUP_ID")
    found = list(transactions(stores[name], relatedIdentifierName="FINANCIAL_EVENT_GROUP_ID", relatedIdentifierValue=group))
    assert {related(t, "SETTLEMENT_ID") for t in found} == {head["settlement-id"]}
    paid, moved = (
        [t for t in found if t["transactionType"] == "Transfer"],
        [t for t in found if t["transactionType"] != "Transfer"],
    )
    assert [-cents(t["totalAmount"]) for t in paid] == [amount(head["total-amount"])]
    by_order: Counter[tuple[str, str]] = Counter()
    for t in moved:
        order = related(t, "ORDER_ID") if t["transactionType"] in TYPES else ""
        by_order[TYPES.get(t["transactionType"], ""), order] += cents(t["totalAmount"])
    reported: Counter[tuple[str, str]] = Counter()
    for row in rows:
        kind = row["transaction-type"] if row["transaction-type"] in TYPES.values() else ""
        reported[kind, row["order-id"]] += amount(row["amount"])
    assert by_order == reported


def test_an_orders_transactions_are_found_however_old_they_are(stores: dict[str, Store]) -> None:
    old = ask(stores["fe"].simulator.state.business, BY_ORDER_DATE, ["JP"], "2025-06-01", "2025-06-03")
    row = next(row for row in table(old) if row["order-status"] == "Shipped" and row["fulfillment-channel"] == "Amazon")
    query = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": row["amazon-order-id"]}
    found = list(transactions(stores["fe"], checked=True, **query))
    assert found[0]["transactionType"] == "Shipment"
    assert {related(t, "ORDER_ID") for t in found} == {row["amazon-order-id"]}
    assert list(transactions(stores["na"], **query)) == []


def check_tree(total: dict[str, Any], below: list[dict[str, Any]]) -> None:
    """Every level adds up to the one above."""
    if below:
        assert sum(cents(part["breakdownAmount"]) for part in below) == cents(total)
    for part in below:
        check_tree(part["breakdownAmount"], part["breakdowns"])


def test_breakdowns_and_items_add_up_at_every_depth(stores: dict[str, Store]) -> None:
    deepest, kinds = 0, set()
    query = {"postedAfter": "2026-11-01T00:00:00Z", "postedBefore": "2026-11-10T00:00:00Z"}
    for t in transactions(stores["na"], checked=True, marketplaceId=IDS["CA"], **query):
        kinds.add(t["transactionType"])
        check_tree(t["totalAmount"], t["breakdowns"])
        if t["transactionType"] in TYPES:
            assert sum(cents(item["totalAmount"]) for item in t["items"]) == cents(t["totalAmount"])
        for item in t["items"]:
            check_tree(item["totalAmount"], item.get("breakdowns", []))
            (context,) = item["contexts"]
            assert context["contextType"] == "ProductContext"
            assert context["sku"]
        deepest = max(deepest, depth(t["breakdowns"]))
    assert deepest == 4
    assert kinds > {"Shipment", "Refund", "ServiceFee"}


def depth(tree: list[dict[str, Any]]) -> int:
    return 1 + max(depth(part["breakdowns"]) for part in tree) if tree else 0


def test_money_is_deferred_until_a_week_after_delivery_as_the_held_money_report_says(stores: dict[str, Store]) -> None:
    held = ask(stores["eu"].simulator.state.business, "GET_DATE_RANGE_FINANCIAL_HOLDS_DATA", ["DE"], ago(days=7), ago(days=0))
    lines = held.body.decode("utf-8-sig").splitlines()
    column = lines[0].replace('"', "").split(",").index("order id")
    orders = {line.split('","')[column].strip('"') for line in lines[1:]}
    found = list(transactions(stores["eu"], postedAfter=ago(days=14), marketplaceId=DE, transactionStatus="DEFERRED"))
    assert {t["transactionType"] for t in found} == {"Shipment"}
    deferred = {related(t, "ORDER_ID") for t in found}
    assert deferred <= orders
    # The report knows an order at once, the API within two days.
    young = {related(t, "ORDER_ID") for t in found if t["postedDate"] > ago(hours=48)}
    assert young < orders - deferred | young
    assert len(orders - deferred) < len(orders) / 5
    for t in found:
        (context,) = t["contexts"]
        assert context["deferralReason"] == "DD7"
        assert context["maturityDate"] > ago(days=0)
    free = transactions(stores["eu"], postedAfter=ago(days=30), postedBefore=ago(days=14), marketplaceId=DE)
    assert {t["transactionStatus"] for t in free} == {"DEFERRED_RELEASED", "RELEASED"}


def test_recent_transactions_appear_within_two_days_and_deferred_ones_are_released(amazon_models: Models) -> None:
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "na")
        query = {"postedAfter": ago(hours=40), "postedBefore": ago(minutes=10)}
        early = {t["transactionId"]: t["transactionStatus"] for t in transactions(store, **query)}
        simulator.clock.advance(49 * 3600)
        late = {t["transactionId"] for t in transactions(store, **query)}
        assert set(early) < late
        simulator.clock.advance(7 * 86400)
        assert {t["transactionId"] for t in transactions(store, **query)} == late
        simulator.clock.advance(20 * 86400)
        after = {t["transactionId"]: t["transactionStatus"] for t in transactions(store, **query)}
        assert {after[name] for name, status in early.items() if status == "DEFERRED"} == {"DEFERRED_RELEASED"}


def test_pages_hold_500_one_may_be_empty_and_the_arguments_must_be_repeated(stores: dict[str, Store]) -> None:
    query = {"postedAfter": ago(days=20), "postedBefore": ago(days=10)}
    sizes, token, seen = [], None, []
    while True:
        payload = stores["eu"].ask("listTransactions", checked=False, **query, **({"nextToken": token} if token else {}))[
            "payload"
        ]
        sizes.append(len(payload["transactions"]))
        seen += [t["transactionId"] for t in payload["transactions"]]
        if (token := payload.get("nextToken")) is None:
            break
        if len(sizes) == 1:
            stores["eu"].refused("listTransactions", "do not match", **query | {"marketplaceId": DE}, nextToken=token)
    assert sizes[:2] == [500, 0]
    assert set(sizes[2:-1]) == {500}
    assert len(set(seen)) == len(seen) == sum(sizes)


def test_windows_of_more_than_180_days_are_empty_and_not_refused(stores: dict[str, Store]) -> None:
    empty = stores["fe"].ask("listTransactions", postedAfter=ago(days=200), postedBefore=ago(days=10))
    assert empty == {"payload": {"transactions": []}}
    assert stores["fe"].ask("listTransactions", checked=False, postedAfter=ago(days=190), postedBefore=ago(days=11))["payload"][
        "transactions"
    ]


def test_the_merchants_own_us_orders_come_only_without_a_marketplace(stores: dict[str, Store]) -> None:
    query = {"postedAfter": ago(days=9), "postedBefore": ago(days=3)}
    everything = {t["transactionId"]: t for t in transactions(stores["na"], **query)}
    of_us = {i: t for i, t in everything.items() if t["marketplaceDetails"]["marketplaceId"] == US}
    named = {t["transactionId"] for t in transactions(stores["na"], **query, marketplaceId=US)}
    missing = [t for i, t in of_us.items() if i not in named]
    assert missing
    assert named < set(of_us)
    assert {c["fulfillmentNetwork"] for t in missing for item in t["items"] for c in item["contexts"]} >= {"MFN"}


def test_what_listtransactions_refuses(stores: dict[str, Store]) -> None:
    eu = stores["eu"]
    eu.refused("listTransactions", "is required")
    eu.refused("listTransactions", "two minutes", postedAfter=ago(seconds=10))
    eu.refused("listTransactions", "later than", postedAfter=ago(days=1), postedBefore=ago(days=2))
    eu.refused("listTransactions", "transactionStatus", postedAfter=ago(days=1), transactionStatus="Released")
    eu.refused("listTransactions", "come together", postedAfter=ago(days=1), relatedIdentifierName="ORDER_ID")
    eu.refused("listTransactions", "cannot be filtered", relatedIdentifierName="SETTLEMENT_ID", relatedIdentifierValue="1")
    eu.ask("listTransactions", 403, postedAfter=ago(days=1), marketplaceId=US)
    stores["vendor"].ask("listTransactions", 403, postedAfter=ago(days=1))


def test_payouts_are_the_settlements_and_the_newest_comes_first(stores: dict[str, Store]) -> None:
    answer = stores["eu"].ask("listPayouts", marketplaceIds=[DE], createdAfter=ago(days=75))
    heads = {}
    for report in settlements(stores["eu"], EU, "DE"):
        head = settled(stores["eu"], EU, report)[0]
        heads[head["settlement-id"]] = amount(head["total-amount"])
    assert len(heads) >= 4
    found = {payout["id"]: cents(payout["amount"]) for payout in answer["payouts"]}
    assert heads.items() <= found.items()
    created = [payout["creationDate"] for payout in answer["payouts"]]
    assert created == sorted(created, reverse=True)
    assert {related(payout, "SETTLEMENT_ID") == payout["id"] for payout in answer["payouts"]} == {True}
    assert [entry["status"] for entry in answer["payouts"][-1]["statusHistory"]] == ["STARTED", "IN_TRANSIT", "PAID"]
    (one,) = stores["eu"].ask("listPayouts", payoutId=answer["payouts"][1]["id"])["payouts"]
    assert one == answer["payouts"][1]


def test_all_payouts_come_once_over_the_pages(stores: dict[str, Store]) -> None:
    query = {"createdAfter": ago(days=200)}
    answer = stores["eu"].ask("listPayouts", **query)
    seen = [payout["id"] for payout in answer["payouts"]]
    while token := answer.get("nextToken"):
        answer = stores["eu"].ask("listPayouts", **query, nextToken=token)
        seen += [payout["id"] for payout in answer["payouts"]]
    assert len(seen) == len(set(seen)) >= 5 * 13


def test_balances_summaries_and_the_expected_payout_tell_the_same_money(stores: dict[str, Store]) -> None:
    (tree,) = stores["eu"].ask("listBalances", marketplaceIds=[DE])["balances"]

    def add_up(node: dict[str, Any]) -> None:
        if parts := node.get("balances"):
            assert sum(cents(part["amount"]) for part in parts) == cents(node["amount"])
            for part in parts:
                add_up(part)

    add_up(tree)
    (expected,) = stores["eu"].ask("listExpectedPayouts", marketplaceIds=[DE])["expectedPayouts"]
    assert cents(expected["amount"]) == cents(tree["amount"]) > 0
    (deferred,) = stores["eu"].ask("listBalances", marketplaceIds=[DE], balanceType="DEFERRED")["balances"]
    assert cents(deferred["amount"]) > 0
    (past,) = stores["eu"].ask("listBalances", marketplaceIds=[DE], asOfDate="2026-11-20")["balances"]
    assert past["asOfDate"].startswith("2026-11-20")
    stores["eu"].refused("listBalances", "over in the store", asOfDate="2026-11-23")
    report = settlements(stores["eu"], EU, "DE")[0]
    head = settled(stores["eu"], EU, report)[0]
    query = {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": head["settlement-id"]}
    (summary,) = stores["eu"].ask("listSummary", **query)["summaries"]
    assert cents(summary["netProceeds"]) == amount(head["total-amount"])
    check_tree(summary["netProceeds"], summary["breakdowns"])
    (days,) = stores["eu"].ask("listSummary", marketplaceIds=[DE], periodStart="2026-11-10", periodEnd="2026-11-11")["summaries"]
    midnight = datetime.fromisoformat("2026-11-10T00:00:00+01:00")
    window = {"postedAfter": iso(midnight), "postedBefore": iso(midnight + timedelta(days=2))}
    moved = [t for t in transactions(stores["eu"], **window, marketplaceId=DE) if t["transactionType"] != "Transfer"]
    assert cents(days["netProceeds"]) == sum(cents(t["totalAmount"]) for t in moved)
