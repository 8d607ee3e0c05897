"""Catalog Items as the simulator answers it: every data set after Amazon's model, batches, pages, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from spapi_assets.simulator.business.catalog import BY_SKU, PRODUCTS
from spapi_assets.simulator.business.items import barcode
from spapi_assets.simulator.business.retired import RETIRED
from spapi_assets.simulator.server import Simulator

from .amazon import Models
from .conftest import DE, US
from .neighbours import NOW, Store, business_at_now

ALL = [
    "attributes", "classifications", "dimensions", "identifiers", "images", "productTypes", "relationships", "salesRanks",
    "summaries",
]  # fmt: skip
ASINS = list(dict.fromkeys(p.asin for p in PRODUCTS))
SELLER_ID = "A3KESTREL0EU0"


def search(store: Store, *asins: str, **more: Any) -> dict[str, Any]:
    query = {"marketplaceIds": DE, "identifiers": list(asins), "identifiersType": "ASIN", "pageSize": 20} | more
    return store.ask("searchCatalogItems", **query)


def test_a_batch_of_twenty_gives_all_data_of_what_exists_and_nothing_of_what_does_not(stores: dict[str, Store]) -> None:
    wanted = [*ASINS[:17], *(p.asin for p in RETIRED), "B000000000"]
    answer = search(stores["eu"], *wanted, includedData=ALL)
    found = {item["asin"]: item for item in answer["items"]}
    assert answer["numberOfResults"] == len(found)
    assert "pagination" not in answer
    assert set(found) <= set(ASINS[:17])
    assert len(found) >= 14  # some pages are merged away now and then
    for item in found.values():
        assert set(item) == {"asin", *ALL}
        assert {part["marketplaceId"] for name in ALL if name != "attributes" for part in item[name]} == {DE}
        assert item["attributes"]["item_name"][0]["value"] == item["summaries"][0]["itemName"]
        assert item["images"][0]["images"][0]["variant"] == "MAIN"
        assert item["classifications"][0]["classifications"][0]["parent"]["parent"]["displayName"] == "Sport & Freizeit"
        assert item["salesRanks"][0]["displayGroupRanks"][0]["rank"] > item["salesRanks"][0]["classificationRanks"][0]["rank"] > 0


def test_children_and_their_variation_parent_name_each_other(stores: dict[str, Store]) -> None:
    sock = BY_SKU["=KC-SOCK-M"]
    (parent,) = search(stores["eu"], sock.parent, includedData=["relationships", "summaries"])["items"]
    (family,) = parent["relationships"][0]["relationships"]
    assert family["childAsins"] == [sock.asin, BY_SKU["KC-SOCK-L"].asin]
    assert parent["summaries"][0]["itemClassification"] == "VARIATION_PARENT"
    (child,) = search(stores["na"], sock.asin, includedData=["relationships"], marketplaceIds=US)["items"]
    assert child["relationships"][0]["relationships"][0]["parentAsins"] == [sock.parent]


def test_pages_are_bound_to_their_search_and_lead_through_every_item_once(stores: dict[str, Store]) -> None:
    store, seen = stores["eu"], list[str]()
    query: dict[str, Any] = {"marketplaceIds": DE, "identifiers": ASINS[:20], "identifiersType": "ASIN", "pageSize": 7}
    answer = store.ask("searchCatalogItems", **query)
    seen += [item["asin"] for item in answer["items"]]
    token = answer["pagination"]["nextToken"]
    store.refused("searchCatalogItems", "pageToken", **query | {"identifiers": ASINS[:2], "pageToken": token})
    while token:
        answer = store.ask("searchCatalogItems", **query, pageToken=token)
        seen += [item["asin"] for item in answer["items"]]
        token = answer["pagination"].get("nextToken")
    assert len(seen) == len(set(seen)) == answer["numberOfResults"] > 14


def test_one_barcode_can_be_two_items_and_a_sku_needs_its_seller(stores: dict[str, Store]) -> None:
    mug = BY_SKU["KC-MUG-350"]
    for kind, code in (("EAN", "0" + barcode(mug)), ("GTIN", "00" + barcode(mug)), ("UPC", barcode(mug))):
        found = search(stores["na"], code, identifiersType=kind, marketplaceIds=US, includedData=["identifiers"])
        assert {item["asin"] for item in found["items"]} == {mug.asin, BY_SKU["KC-MUG-350-WHT"].asin}
        codes = [entry["identifier"] for entry in found["items"][0]["identifiers"][0]["identifiers"]]
        assert codes == ["0" + barcode(mug), "00" + barcode(mug), barcode(mug)]
    skus = {"identifiers": ["KC/HL-500", "1E5", "NONE"], "identifiersType": "SKU", "marketplaceIds": DE}
    stores["eu"].refused("searchCatalogItems", "sellerId", **skus)
    found = stores["eu"].ask("searchCatalogItems", **skus, sellerId=SELLER_ID)
    assert {item["asin"] for item in found["items"]} <= {BY_SKU["KC/HL-500"].asin, BY_SKU["1E5"].asin}


def test_keywords_find_titles_and_say_how_to_refine(stores: dict[str, Store]) -> None:
    answer = stores["eu"].ask("searchCatalogItems", marketplaceIds=DE, keywords=["hängematte"], pageSize=20)
    assert answer["numberOfResults"] == len(answer["items"]) == 3  # two sizes and their parent
    (leaf,) = answer["refinements"]["classifications"]
    assert answer["refinements"]["brands"][0] == {"brandName": "Kestrel & Co", "numberOfResults": 3}
    same = stores["eu"].ask(
        "searchCatalogItems", marketplaceIds=DE, keywords=["kestrel"], classificationIds=leaf["classificationId"]
    )
    assert {item["asin"] for item in same["items"]} == {item["asin"] for item in answer["items"]}
    none = stores["eu"].ask("searchCatalogItems", marketplaceIds=DE, keywords=["kestrel"], brandNames=["Other"])
    assert none["numberOfResults"] == 0


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ("marketplaceIds", {"marketplaceIds": None}),
        ("1 to 1", {"marketplaceIds": [DE, "A1F83G8C2ARO7P"]}),
        ("identifiersType", {"identifiersType": None}),
        ("'identifiersType'", {"identifiersType": "asin"}),
        ("1 to 20", {"identifiers": [f"B{n:09d}" for n in range(21)]}),
        ("Exactly one", {"keywords": "x"}),
        ("Exactly one", {"identifiers": None, "identifiersType": None}),
        ("keywords", {"brandNames": "Kestrel"}),
        ("pageSize", {"pageSize": 21}),
        ("includedData", {"includedData": "variations"}),
        ("vendor access", {"includedData": "vendorDetails"}),
        ("locale", {"locale": "xx_XX"}),
        ("Unknown query parameter", {"nextToken": "x"}),
    ],
)
def test_searches_that_amazon_refuses(stores: dict[str, Store], words: str, query: dict[str, Any]) -> None:
    whole = {"marketplaceIds": DE, "identifiers": ASINS[:1], "identifiersType": "ASIN"} | query
    stores["eu"].refused("searchCatalogItems", words, **{name: value for name, value in whole.items() if value is not None})


def test_one_item_in_several_stores_or_not_found_and_vendors_see_their_details(stores: dict[str, Store]) -> None:
    chair = BY_SKU["KC-CHR-XL"].asin
    two = [DE, "APJ6JRA9NG5V4"]  # Amazon merged the chair's Italian page away
    found = stores["eu"].ask("getCatalogItem", path={"asin": chair}, marketplaceIds=two, includedData="summaries")
    assert [part["marketplaceId"] for part in found["summaries"]] == [DE]
    stores["eu"].ask("getCatalogItem", 404, path={"asin": chair}, marketplaceIds=two[1])
    stores["eu"].ask("getCatalogItem", 404, path={"asin": RETIRED[0].asin}, marketplaceIds=DE)
    french = stores["eu"].ask("getCatalogItem", path={"asin": chair}, marketplaceIds=DE, locale="fr_FR")
    assert "Chaise" in french["summaries"][0]["itemName"]
    vendor = stores["vendor"].ask(
        "getCatalogItem", path={"asin": ASINS[0]}, marketplaceIds=US, includedData=["vendorDetails", "summaries"]
    )
    assert vendor["vendorDetails"][0]["manufacturerCode"]


def test_titles_ranks_and_presence_change_with_time_and_only_then(amazon_models: Models) -> None:
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "eu")
        titles: dict[str, set[str]] = {asin: set() for asin in ASINS[:20]}
        ranks: dict[str, set[int]] = {asin: set() for asin in ASINS[:20]}
        present = []
        for _ in range(8):
            items = search(store, *titles, includedData=["summaries", "salesRanks"])["items"]
            assert items == search(store, *titles, includedData=["summaries", "salesRanks"])["items"]
            present.append({item["asin"] for item in items})
            for item in items:
                titles[item["asin"]].add(item["summaries"][0]["itemName"])
                ranks[item["asin"]].add(item["salesRanks"][0]["classificationRanks"][0]["rank"])
            simulator.clock.advance(4 * 86_400 + 3_600)
    assert any(len(found) > 1 for found in titles.values())
    assert sum(len(found) > 3 for found in ranks.values()) > 10
    assert set.union(*present) - set.intersection(*present), "no page vanished or came back within a month"


def test_a_hundred_thousand_articles_cost_nothing_until_they_are_asked_for(amazon_models: Models) -> None:
    from spapi_assets.simulator.business.extra import article

    with Simulator(now=NOW, token_seconds=10**9, extra_articles={"kestrel_na": 100_000}) as simulator:
        store = Store(simulator, amazon_models, "na")
        numbers = range(49, 100_000, 5_000)  # one of fifty is listed but has no item
        answer = search(store, *(article(n - n // 5_000 % 2).asin for n in numbers), marketplaceIds=US, includedData=ALL)
        assert answer["numberOfResults"] == len(answer["items"]) == 10
        words = store.ask("searchCatalogItems", marketplaceIds=US, keywords="kestrel", pageSize=20)
        assert words["numberOfResults"] > 100_000
        seen, token = {item["asin"] for item in words["items"]}, words["pagination"]["nextToken"]
        calls = 1
        while token:
            page = store.ask("searchCatalogItems", marketplaceIds=US, keywords="kestrel", pageSize=20, pageToken=token)
            seen |= {item["asin"] for item in page["items"]}
            token, calls = page["pagination"].get("nextToken"), calls + 1
        assert calls == 50  # a thousand results can be paged, not more
        assert 950 < len(seen) <= 1_000
        times = [e["milliseconds"] for e in simulator.journal.entries("searchCatalogItems")]
    assert sorted(times)[len(times) // 2] < 20
