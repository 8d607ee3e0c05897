"""FBA inventory summaries: the quantities of the inventory reports, in pages whose tokens live half a minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spapi_assets.simulator import documents
from spapi_assets.simulator.business.ledger import SELLABLE, days
from spapi_assets.simulator.server import Simulator

from .amazon import Models
from .conftest import DE, UK
from .kestrel import IDS, INVENTORY, SELLER_OF, table
from .neighbours import NOW, Store, ago, business_at_now


def ask(store: Store, expected: int = 200, code: str = "DE", **query: Any) -> dict[str, Any]:
    named = {"granularityType": "Marketplace", "granularityId": IDS[code], "marketplaceIds": IDS[code]} | query
    return store.ask("getInventorySummaries", expected, **named)


def everything(store: Store, code: str = "DE", **query: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    answer = ask(store, code=code, **query)
    while True:
        assert answer["payload"]["granularity"] == {"granularityType": "Marketplace", "granularityId": IDS[code]}
        found |= {row["sellerSku"]: row for row in answer["payload"]["inventorySummaries"]}
        if "pagination" not in answer:
            return found
        answer = ask(store, code=code, **query, nextToken=answer["pagination"]["nextToken"])


def report(simulator: Simulator, report_type: str, code: str, now: datetime) -> dict[str, dict[str, str]]:
    document = documents.render(
        simulator.state.business, selling_partner_id=SELLER_OF[code], report_type=report_type, marketplace_ids=[IDS[code]],
        options={}, start=now - timedelta(days=1), end=now, now=now,
    )  # fmt: skip
    return {row["sku"]: row for row in table(document)}


@pytest.mark.parametrize("code", ["DE", "UK", "US", "JP"])
def test_quantities_are_those_of_the_inventory_reports(stores: dict[str, Store], code: str) -> None:
    store = stores[{"DE": "eu", "UK": "eu", "US": "na", "JP": "fe"}[code]]
    while True:  # an order may come while the pages are read
        now = store.simulator.clock.now()
        rows, found = report(store.simulator, INVENTORY, code, now), everything(store, code, details="true")
        if rows == report(store.simulator, INVENTORY, code, store.simulator.clock.now()):
            break
    assert set(found) == set(rows)
    reserved = report(store.simulator, "GET_RESERVED_INVENTORY_DATA", code, now)
    for sku, row in rows.items():
        one, details = found[sku], found[sku]["inventoryDetails"]
        assert (one["fnSku"], one["asin"], one["condition"]) == (row["fnsku"], row["asin"], "NewItem")
        numbers = {
            "afn-fulfillable-quantity": details["fulfillableQuantity"],
            "afn-unsellable-quantity": details["unfulfillableQuantity"]["totalUnfulfillableQuantity"],
            "afn-reserved-quantity": details["reservedQuantity"]["totalReservedQuantity"],
            "afn-researching-quantity": details["researchingQuantity"]["totalResearchingQuantity"],
            "afn-inbound-working-quantity": details["inboundWorkingQuantity"],
            "afn-inbound-shipped-quantity": details["inboundShippedQuantity"],
            "afn-inbound-receiving-quantity": details["inboundReceivingQuantity"],
            "afn-total-quantity": one["totalQuantity"],
        }
        assert {name: str(value) for name, value in numbers.items()} == {name: row[name] for name in numbers}
        if sku in reserved:
            parts = details["reservedQuantity"]
            assert str(parts["pendingCustomerOrderQuantity"]) == reserved[sku]["reserved_customerorders"]
            assert str(parts["fcProcessingQuantity"]) == reserved[sku]["reserved_fc-processing"]
    assert all("inventoryDetails" not in one for one in everything(store, code).values())


def test_at_midnight_the_units_are_those_that_the_ledger_closed_with(amazon_models: Models) -> None:
    midnight = datetime(2026, 11, 22, 23, tzinfo=UTC)  # in Germany
    with Simulator(now=midnight, token_seconds=10**9) as simulator:
        business = simulator.state.business
        account = business.account(SELLER_OF["DE"])
        found = everything(Store(simulator, amazon_models, "eu"), details="true")
        day = datetime(2026, 11, 22, tzinfo=UTC).date()
        (closed,) = days(business, account, "EU", day, day)
    sellable: dict[str, int] = {}  # reserved and researched units are still on hand for the ledger
    for (product, disposition, _), units in closed.closing.items():
        if disposition == SELLABLE:
            sellable[product.sku] = sellable.get(product.sku, 0) + units
    for sku, one in found.items():
        details = one["inventoryDetails"]
        held = details["fulfillableQuantity"] + details["reservedQuantity"]["totalReservedQuantity"]
        held += details["researchingQuantity"]["totalResearchingQuantity"]
        assert held == sellable.get(sku, 0), sku


def test_a_token_lives_half_a_minute_and_wants_the_same_parameters(amazon_models: Models) -> None:
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "eu")
        token = ask(store, details="true")["pagination"]["nextToken"]
        assert "does not match" not in str(ask(store, details="true", nextToken=token))
        for other in ({"details": "false"}, {}, {"details": "true", "code": "UK"}):
            assert "nextToken" in ask(store, 400, **other, nextToken=token)["errors"][0]["message"]
        simulator.clock.advance(31)
        assert "expired" in ask(store, 400, details="true", nextToken=token)["errors"][0]["message"]


def test_a_start_date_finds_what_changed_and_ignores_skus(stores: dict[str, Store]) -> None:
    whole = everything(stores["eu"])
    since = ago(hours=12)
    changed = everything(stores["eu"], startDateTime=since, sellerSkus="00417")
    assert set(changed) == {sku for sku, one in whole.items() if one["lastUpdatedTime"] >= since}
    assert 0 < len(changed) < len(whole)
    assert set(everything(stores["eu"], sellerSkus="00417,KC/HL-500,KC-CHR-XL")) == {"00417", "KC/HL-500"}
    assert set(everything(stores["eu"], sellerSku="1E5")) == {"1E5"}


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ("granularityType", {"granularityType": "Country"}),
        ("granularityId", {"granularityId": UK}),
        ("1 to 1", {"marketplaceIds": f"{DE},{UK}"}),
        ("details", {"details": "yes"}),
        ("startDateTime", {"startDateTime": (NOW - timedelta(days=600)).isoformat()}),
        ("1 to 50", {"sellerSkus": ",".join(f"S{n}" for n in range(51))}),
    ],
)
def test_calls_that_amazon_refuses(stores: dict[str, Store], words: str, query: dict[str, Any]) -> None:
    (error,) = ask(stores["eu"], 400, **query)["errors"]
    assert words in error["message"]
    stores["vendor"].ask("getInventorySummaries", 403, marketplaceIds=IDS["US"])
