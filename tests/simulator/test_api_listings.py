"""Listings Items as the simulator answers it: the listings of the listings report, after Amazon's model, with Amazon's traps."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest

from spapi_assets.simulator import documents
from spapi_assets.simulator.business.catalog import BY_SKU, PRODUCTS
from spapi_assets.simulator.business.retired import RETIRED
from spapi_assets.simulator.server import Simulator

from .amazon import Models
from .conftest import DE, UK, US
from .kestrel import IDS, LISTINGS, SELLER_OF, table
from .neighbours import NOW, Store, business_at_now, iso

EU, NA, VENDOR = "A3KESTREL0EU0", "A3KESTREL0NA0", "amzn1.vg.1000001"
SELLER_DATA = ["summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "relationships", "productTypes"]


def search(store: Store, seller: str = EU, marketplaces: Any = DE, **query: Any) -> dict[str, Any]:
    return store.ask("searchListingsItems", path={"sellerId": seller}, marketplaceIds=marketplaces, **query)


def everything(store: Store, seller: str = EU, marketplaces: Any = DE, **query: Any) -> dict[str, dict[str, Any]]:
    """Every page, by SKU; fails when a SKU comes twice."""
    found: dict[str, dict[str, Any]] = {}
    answer = search(store, seller, marketplaces, pageSize=20, **query)
    while True:
        assert not found.keys() & {item["sku"] for item in answer["items"]}
        found |= {item["sku"]: item for item in answer["items"]}
        token = answer.get("pagination", {}).get("nextToken")
        if not token:
            assert len(found) == answer["numberOfResults"]
            return found
        answer = search(store, seller, marketplaces, pageSize=20, pageToken=token, **query)


def item(store: Store, sku: str, expected: int = 200, marketplaces: Any = DE, **query: Any) -> dict[str, Any]:
    path = {"sellerId": EU, "sku": quote(sku, safe="")}
    return store.ask("getListingsItem", expected, path=path, marketplaceIds=marketplaces, **query)


def report(simulator: Simulator, report_type: str, code: str) -> list[dict[str, str]]:
    """The rows of a listings report of this very moment, under English headers."""
    now = simulator.clock.now()
    document = documents.render(
        simulator.state.business,
        selling_partner_id=SELLER_OF[code],
        report_type=report_type,
        marketplace_ids=[IDS[code]],
        options={"preferredReportDocumentLocale": "en_US"},
        start=now - timedelta(days=1),
        end=now,
        now=now,
    )
    return table(document)


@pytest.mark.parametrize("code", ["DE", "MX", "JP"])
def test_listings_are_those_of_the_listings_report(stores: dict[str, Store], code: str) -> None:
    store = stores[{"DE": "eu", "MX": "na", "JP": "fe"}[code]]
    found = everything(store, SELLER_OF[code], IDS[code], includedData=SELLER_DATA)
    rows = {row["seller-sku"]: row for row in report(store.simulator, LISTINGS, code)}
    assert set(found) == set(rows)
    for sku, listing in found.items():
        row, (summary,) = rows[sku], listing["summaries"]
        assert (summary["asin"], summary["marketplaceId"]) == (row["asin1"], IDS[code])
        assert summary["itemName"].encode("cp932" if code == "JP" else "cp1252", "replace").decode(
            "cp932" if code == "JP" else "cp1252"
        ) == (row["item-name"] if code != "MX" else summary["itemName"])
        assert ("BUYABLE" in summary["status"]) == (row["status"] == "Active")
        offer = listing["offers"][0]
        assert (offer["offerType"], offer["price"]["amount"]) == ("B2C", row["price"])
        assert [o["offerType"] for o in listing["offers"]] == (["B2C"] if code == "MX" else ["B2C", "B2B"])
        (stock,) = listing["fulfillmentAvailability"]
        assert stock["fulfillmentChannelCode"] == row["fulfillment-channel"]
        assert str(stock.get("quantity", "")) == row["quantity"]


def test_suppressed_listings_have_the_issue_that_the_report_tells_of(stores: dict[str, Store]) -> None:
    found = everything(stores["eu"], includedData=["summaries", "issues"])
    suppressed = {
        row["SKU"]: row["Issue Description"] for row in report(stores["eu"].simulator, "GET_MERCHANTS_LISTINGS_FYP_REPORT", "DE")
    }
    assert suppressed
    hidden = {sku for sku, one in found.items() if "DISCOVERABLE" not in one["summaries"][0]["status"]}
    assert hidden == set(suppressed)
    for sku, text in suppressed.items():
        (issue,) = [i for i in found[sku]["issues"] if "enforcements" in i and i["severity"] == "ERROR" and i["message"] in text]
        assert issue["enforcements"] == {"actions": [{"action": "SEARCH_SUPPRESSED"}], "exemption": {"status": "NOT_EXEMPT"}}


def test_twenty_skus_a_search_with_awkward_ones_and_none_for_those_unknown(stores: dict[str, Store]) -> None:
    skus = ["00417", "1E5", "KC/HL-500", "=KC-SOCK-M", "KC-STV-1-MFN", "NONE", RETIRED[0].sku]
    answer = search(stores["eu"], identifiers=skus, identifiersType="SKU", pageSize=20)
    assert {one["sku"] for one in answer["items"]} == set(skus[:5])
    stove = BY_SKU["KC-STV-1"]
    by_asin = search(stores["eu"], identifiers=[stove.asin], identifiersType="ASIN")
    assert {one["sku"] for one in by_asin["items"]} == {"KC-STV-1", "KC-STV-1-MFN"}  # one ASIN, two offers
    by_fnsku = search(stores["eu"], identifiers=[stove.fnsku], identifiersType="FNSKU")
    assert [one["sku"] for one in by_fnsku["items"]] == ["KC-STV-1"]
    assert by_fnsku["items"][0]["summaries"][0]["fnSku"] == stove.fnsku


def test_a_next_token_under_its_own_name_reads_the_first_page_for_ever(stores: dict[str, Store]) -> None:
    first = search(stores["eu"], pageSize=5, sortBy="sku", sortOrder="ASC")
    token = first["pagination"]["nextToken"]
    again = search(stores["eu"], pageSize=5, sortBy="sku", sortOrder="ASC", nextToken=token)
    second = search(stores["eu"], pageSize=5, sortBy="sku", sortOrder="ASC", pageToken=token)
    skus = sorted(p.sku for p in PRODUCTS)
    assert [i["sku"] for i in first["items"]] == [i["sku"] for i in again["items"]] == skus[:5]
    assert [i["sku"] for i in second["items"]] == skus[5:10]
    words = "Search parameters do not match the provided 'pageToken'"
    path = {"path": {"sellerId": EU}}
    stores["eu"].refused("searchListingsItems", words, **path, marketplaceIds=UK, pageSize=5, pageToken=token)


def test_a_good_token_may_be_refused_once_and_a_page_may_forget_its_next(amazon_models: Models) -> None:
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "eu")
        token = search(store, pageSize=20)["pagination"]["nextToken"]
        simulator.faults.add("page_token_refused", operation="searchListingsItems", times=1)
        search(store, pageSize=20)  # without a token nothing happens
        words = "Search parameters do not match"
        store.refused("searchListingsItems", words, path={"sellerId": EU}, marketplaceIds=DE, pageSize=20, pageToken=token)
        assert len(search(store, pageSize=20, pageToken=token)["items"]) == 4
        simulator.faults.add("next_token_missing", times=1)
        short = search(store, pageSize=20)
        assert ("pagination" in short, len(short["items"]), short["numberOfResults"]) == (False, 20, 24)


def test_searches_by_date_status_and_severity_split_the_whole(stores: dict[str, Store]) -> None:
    store = stores["eu"]
    whole = everything(store, includedData=["summaries", "issues"])
    dates = sorted(one["summaries"][0]["lastUpdatedDate"] for one in whole.values())
    middle = dates[len(dates) // 2]
    late = everything(store, lastUpdatedAfter=middle)
    assert set(late) == {sku for sku, one in whole.items() if one["summaries"][0]["lastUpdatedDate"] >= middle}
    early = everything(store, lastUpdatedBefore=middle)
    assert set(late) | set(early) == set(whole)
    newest = search(store, pageSize=20)["items"]
    shown = [one["summaries"][0]["lastUpdatedDate"] for one in newest]
    assert shown == sorted(shown, reverse=True)
    buyable = everything(store, withStatus="BUYABLE")
    assert set(buyable) | set(everything(store, withoutStatus="BUYABLE")) == set(whole)
    assert len(buyable) < len(whole), "nothing is sold out in this week of November"
    for severity in ("ERROR", "WARNING"):
        expected = {sku for sku, one in whole.items() if severity in {i["severity"] for i in one["issues"]}}
        assert set(everything(store, withIssueSeverity=severity)) == expected != set()


def test_one_listing_in_all_stores_joins_their_issues_and_finds_none_of_a_deleted_one(stores: dict[str, Store]) -> None:
    codes = [DE, UK, IDS["FR"], IDS["IT"], IDS["ES"]]
    found = item(stores["eu"], "KC/HL-500", marketplaces=codes, includedData=SELLER_DATA)
    assert [part["marketplaceId"] for part in found["summaries"]] == codes
    assert {o["price"]["currencyCode"] for o in found["offers"]} == {"EUR", "GBP"}
    assert len(found["attributes"]["item_name"]) == 5
    item(stores["eu"], RETIRED[0].sku, 404)
    item(stores["eu"], "no/such sku", 404)
    parent = item(stores["eu"], "KC-P-SOCKS", includedData=SELLER_DATA)
    (family,) = parent["relationships"][0]["relationships"]
    assert set(family["childSkus"]) == {"=KC-SOCK-M", "KC-SOCK-L"}
    (child,) = search(stores["eu"], identifiers="KC-SOCK-L", identifiersType="SKU", includedData="relationships")["items"]
    assert child["relationships"][0]["relationships"][0]["parentSkus"] == ["KC-P-SOCKS"]
    assert set(everything(stores["eu"], variationParentSku="KC-P-SOCKS")) == set(family["childSkus"])


def test_a_seller_reads_his_own_listings_only_and_a_vendor_has_cost_prices(stores: dict[str, Store]) -> None:
    stores["eu"].ask("searchListingsItems", 403, path={"sellerId": NA}, marketplaceIds=DE)
    stores["eu"].ask("searchListingsItems", 403, path={"sellerId": EU}, marketplaceIds=US)
    data = ["summaries", "procurement", "offers", "fulfillmentAvailability", "issues"]
    for code in (VENDOR, "KESTR"):
        found = everything(stores["vendor"], code, US, includedData=data)
        assert 10 < len(found) < len(PRODUCTS)
        assert all("offers" not in one and float(one["procurement"][0]["costPrice"]["amount"]) > 0 for one in found.values())
    assert "procurement" not in item(stores["eu"], "00417", includedData=["summaries", "procurement"])


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ("identifiersType", {"identifiers": "1E5"}),
        ("'identifiers' is required", {"identifiersType": "SKU"}),
        ("1 to 20", {"identifiers": ",".join("abcdefghijklmnopqrstu"), "identifiersType": "SKU"}),
        ("Only one of", {"identifiers": "1E5", "identifiersType": "SKU", "variationParentSku": "x"}),
        ("pageSize", {"pageSize": 21}),
        ("includedData", {"includedData": "images"}),
        ("withStatus", {"withStatus": "ACTIVE"}),
        ("same status", {"withStatus": "BUYABLE", "withoutStatus": "BUYABLE"}),
        ("withIssueSeverity", {"withIssueSeverity": "INFO"}),
        ("sorting", {"sortBy": "asin"}),
        ("lastUpdatedAfter", {"lastUpdatedAfter": "yesterday"}),
    ],
)
def test_searches_that_amazon_refuses(stores: dict[str, Store], words: str, query: dict[str, Any]) -> None:
    stores["eu"].refused("searchListingsItems", words, path={"sellerId": EU}, marketplaceIds=DE, **query)


def test_issues_open_and_close_and_the_dates_of_change_never_run_back(amazon_models: Models) -> None:
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "eu")
        open_issues: list[set[tuple[str, str]]] = []
        updated: dict[str, str] = {}
        for _ in range(10):
            found = everything(store, includedData=["summaries", "issues"])
            open_issues.append({(sku, i["code"]) for sku, one in found.items() for i in one["issues"]})
            for sku, one in found.items():
                assert one["summaries"][0]["lastUpdatedDate"] >= updated.get(sku, "")
                updated[sku] = one["summaries"][0]["lastUpdatedDate"]
            simulator.clock.advance(3 * 86_400)
        assert updated["KC-STV-1-MFN"] > iso(NOW + timedelta(days=26))  # its quantity is new every day
    opened = set.union(*(later - earlier for earlier, later in pairwise(open_issues)))
    closed = set.union(*(earlier - later for earlier, later in pairwise(open_issues)))
    assert len(opened) > 5
    assert len(closed) > 5


def test_of_a_hundred_thousand_listings_a_thousand_can_be_paged_and_windows_reach_the_rest(amazon_models: Models) -> None:
    with Simulator(now=NOW, token_seconds=10**9, extra_articles={"kestrel_eu": 100_000}) as simulator:
        store = Store(simulator, amazon_models, "eu")
        answer = search(store, pageSize=20)
        assert answer["numberOfResults"] == 100_000 + len(PRODUCTS)
        calls = 1
        while token := answer["pagination"].get("nextToken"):
            answer, calls = search(store, pageSize=20, pageToken=token), calls + 1
        assert calls == 50
        window = {"createdAfter": "2023-01-02T00:00:00Z", "createdBefore": "2023-01-02T00:09:00Z"}
        found = everything(store, sortBy="createdDate", sortOrder="ASC", **window)
        assert [sku for sku in found if sku.startswith("KX-")] == [f"KX-{n:07d}" for n in range(1440, 1450)]
        simulator.state.business.list_extra_articles(simulator.state.business.account(EU), 1_000)
        batch = [f"KX-{n:07d}" for n in range(900, 920)]
        found = search(store, identifiers=batch, identifiersType="SKU", pageSize=20, includedData=SELLER_DATA)
        assert {one["sku"] for one in found["items"]} == set(batch)
        rows = report(simulator, LISTINGS, "DE")
        assert len(rows) == 1_000 + len(PRODUCTS)
        prices = {row["seller-sku"]: (row["price"], row["quantity"]) for row in rows}
        for one in found["items"]:
            shown = (one["offers"][0]["price"]["amount"], str(one["fulfillmentAvailability"][0]["quantity"]))
            assert shown == prices[one["sku"]]
        times = sorted(entry["milliseconds"] for entry in simulator.journal.entries("searchListingsItems"))
    assert times[len(times) // 2] < 20
