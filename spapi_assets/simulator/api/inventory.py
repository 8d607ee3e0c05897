"""The FBA Inventory API v1: getInventorySummaries, for sellers: the positions that the inventory reports print.
The rules are those of Amazon's model: one marketplace, tokens that live 30 seconds, SKUs that are ignored beside a start date."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from spapi_assets.simulator import paging
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.stores import named_stores, now_of, partner
from spapi_assets.simulator.api.values import stamp
from spapi_assets.simulator.business.inventory import Position, changed_at, ordered_units, positions
from spapi_assets.simulator.business.marketplaces import Marketplace
from spapi_assets.simulator.business.titles import title
from spapi_assets.simulator.errors import invalid_input

PAGE = 10  # Amazon does not say how many; small, so that a small business has pages
TOKEN_SECONDS = 30
_OLDEST = timedelta(days=548)  # 18 months


def get_inventory_summaries(call: Call) -> Answer:
    query, now = call.query, now_of(call)
    stores = named_stores(call, most=1)
    kind, granularity = query.text("granularityType"), query.text("granularityId")
    if kind != "Marketplace":
        raise invalid_input("'granularityType' must be Marketplace.")
    if granularity != query.text("marketplaceIds"):
        raise invalid_input("'granularityId' must be the marketplace of 'marketplaceIds'.")
    details, since = query.boolean("details"), query.time("startDateTime")
    if since is not None and not now - _OLDEST <= since <= now:
        raise invalid_input("'startDateTime' must not be more than 18 months ago nor in the future.")
    many, one = query.list("sellerSkus", most=50), query.text("sellerSku")
    offset = paging.read(call, "nextToken", seconds=TOKEN_SECONDS) or 0
    rows: list[dict[str, Any]] = []
    if stores:
        m, account, business = stores[0], partner(call), call.state.business
        found = positions(business, account, m.pool, now.timestamp())
        changed = changed_at(business, account, m.pool, now.timestamp())
        if since is not None:
            found = [p for p in found if changed[p.product.index] >= since.timestamp()]
        elif many or one:
            found = [p for p in found if p.product.sku in (many or (one,))]
        waiting = ordered_units(business, account, m.pool, now.timestamp()) if details else {}
        found.sort(key=lambda p: p.product.fnsku)
        rows = [
            _summary(p, m, changed[p.product.index]) | ({"inventoryDetails": _details(p, waiting)} if details else {})
            for p in found
        ]
    payload = {
        "granularity": {"granularityType": "Marketplace", "granularityId": granularity},
        "inventorySummaries": rows[offset : offset + PAGE],
    }
    if offset + PAGE >= len(rows):
        return {"payload": payload}
    return {"pagination": {"nextToken": paging.write(call, "nextToken", offset + PAGE)}, "payload": payload}


def _summary(p: Position, m: Marketplace, changed: float) -> dict[str, Any]:
    return {
        "asin": p.product.asin,
        "fnSku": p.product.fnsku,
        "sellerSku": p.product.sku,
        "condition": "NewItem",
        "lastUpdatedTime": stamp(changed),
        "productName": title(p.product, m.language),
        "totalQuantity": p.total,
        "stores": [],
    }


def _details(p: Position, waiting: dict[str, int]) -> dict[str, Any]:
    """Unsellable units are those that customers damaged; researched ones have come back and are not graded yet."""
    ordered = waiting.get(p.product.sku, 0)
    terms = {"Short": p.researching, "Mid": 0, "Long": 0}
    return {
        "fulfillableQuantity": p.fulfillable,
        "inboundWorkingQuantity": p.inbound_working,
        "inboundShippedQuantity": p.inbound_shipped,
        "inboundReceivingQuantity": p.inbound_receiving,
        "reservedQuantity": {
            "totalReservedQuantity": p.reserved,
            "pendingCustomerOrderQuantity": ordered,
            "pendingTransshipmentQuantity": 0,
            "fcProcessingQuantity": p.reserved - ordered,
        },
        "researchingQuantity": {
            "totalResearchingQuantity": p.researching,
            "researchingQuantityBreakdown": [
                {"name": f"researchingQuantityIn{term}Term", "quantity": quantity} for term, quantity in terms.items()
            ],
        },
        "unfulfillableQuantity": {
            "totalUnfulfillableQuantity": p.unsellable,
            "customerDamagedQuantity": p.unsellable,
            "warehouseDamagedQuantity": 0,
            "distributorDamagedQuantity": 0,
            "carrierDamagedQuantity": 0,
            "defectiveQuantity": 0,
            "expiredQuantity": 0,
        },
    }
