"""Whose a notification is, and what it makes happen: by the ids in it, by its subscription, by its marketplace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spapi_assets.aws.identifiers import Found
from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.envelope import MalformedNotification, parse
from spapi_assets.ingest.notifications.marks import Marking
from spapi_assets.ingest.notifications.route import Mark, Plan, Router
from spapi_assets.ingest.notifications.types import SELF_TEST, TYPES, known
from spapi_assets.ingest.notifications.whose import Directory
from spapi_assets.settings import Account, Settings
from tests.flow.amazon import Clock
from tests.flow.conftest import SELLER, VENDOR
from tests.notifications.conftest import AMERICAN
from tests.notifications.messages import changed, made
from tests.notifications.queue import FakeQueue

DE, US = "A1PA6795UKMFR9", "ATVPDKIKX0DER"
SUBSCRIPTIONS = {"s-eu": "kestrel_eu", "s-gone": "somebody_who_left"}
PRODUCT = {"MarketplaceId": DE, "Asin": "B000000001", "PreviousProductType": "A", "CurrentProductType": "B"}


def router(*accounts: Account) -> Router:
    settings = Settings(accounts=accounts or (SELLER, VENDOR, AMERICAN), lake_uri="lake", first_date="2026-01-01")
    return Router(settings, load_registry().apis, Directory(settings.accounts, SUBSCRIPTIONS))


def route(body: str, *accounts: Account) -> Plan:
    return router(*accounts).route(parse(body))


def marked(plan: Plan) -> list[tuple[str, str, str]]:
    return [(m.source, m.account_key, m.identifier) for m in plan.marks]


def test_a_listing_is_read_again_in_the_marketplace_named_and_in_all_when_none_is() -> None:
    assert marked(route(changed("A/1"))) == [("listings_items", "kestrel_eu.DE", "A/1")]
    everywhere = [("listings_items", f"kestrel_eu.{code}", "A/1") for code in ("DE", "UK")]
    assert marked(route(changed("A/1", marketplace=None))) == everywhere
    assert marked(route(changed("A/1", marketplace=US))) == everywhere  # the seller is not there: the name is wrong
    assert marked(route(changed("A/1", marketplace="A13V1IB3VIYZZH"))) == []  # France, which the account does not read
    assert marked(route(changed("A/1", marketplace="ANEWPLACE"))) == everywhere
    quantity = {"SellerId": "A3KESTREL0EU0", "Sku": "A/1", "FulfillmentChannelCode": "DEFAULT", "Quantity": 3}
    assert marked(route(made("LISTINGS_ITEM_MFN_QUANTITY_CHANGE", quantity))) == everywhere


def test_us_is_not_trusted_as_the_marketplace_of_a_listing_for_amazon_says_it_of_canada_too(ctx: IngestContext) -> None:
    """Canada is read as well, but only the listings that are there: a burst in the US alone costs no call more."""
    plan = route(changed("A/1", seller="A3TH9S8BH6GOGM", marketplace=US))
    assert marked(plan) == [("listings_items", f"kestrel_na.{code}", "A/1") for code in ("CA", "US")]
    changes = [(mark, plan.type, None) for mark in plan.marks]
    assert Marking(ctx).ask(changes) == 1
    assert [where for _, where in ctx.refreshes.waiting()] == ["kestrel_na.US"]
    ctx.identifiers.put("sku", "kestrel_na", "CA", [Found("A/1")], "test")
    assert Marking(ctx).ask(changes) == 2


@pytest.mark.parametrize("kind", ["LISTINGS_ITEM_STATUS_CHANGE", "LISTINGS_ITEM_STATUS_CHANGED", "listings_item_status_changed"])
def test_the_schemas_name_and_the_real_one_are_one_type(kind: str) -> None:
    plan = route(changed("A/1").replace("LISTINGS_ITEM_STATUS_CHANGE", kind))
    assert (plan.type, plan.rows[0].source) == ("LISTINGS_ITEM_STATUS_CHANGE", "listings_item_status_change")


def test_a_listing_that_came_or_went_has_its_catalog_item_read_too_and_others_do_not() -> None:
    def sources(**payload: Any) -> list[str]:
        facts = {"SellerId": "A3KESTREL0EU0", "MarketplaceId": DE, "Sku": "A/1", "Asin": "B000000001", "Status": [], **payload}
        return [m.source for m in route(made("LISTINGS_ITEM_STATUS_CHANGE", facts)).marks]

    assert sources(Status=["BUYABLE"], CreatedDate="2021-01-01T00:00:00Z") == ["listings_items"]
    assert sources(Status=["DELETED"]) == ["listings_items", "catalog_items"]
    assert sources(Status=["BUYABLE"], CreatedDate="2026-03-20T10:58:00Z") == ["listings_items", "catalog_items"]


def test_an_order_is_read_again_where_the_source_has_its_accounts() -> None:
    facts = {"SellerId": "A3KESTREL0EU0", "AmazonOrderId": "903-1", "Summary": {"MarketplaceId": DE}}
    assert marked(route(made("ORDER_CHANGE", {"OrderChangeNotification": facts}))) == [("orders_api", "kestrel_eu", "903-1")]


def test_a_source_that_is_switched_off_gets_no_marks_and_its_messages_stay_in_the_archive() -> None:
    without = SELLER.model_copy(update={"reports": ("default", "-listings_items", "-listings_item_status_change")})
    plan = route(changed("A/1"), without)
    assert (plan.marks, plan.rows) == ((), ())
    assert plan.shelf is not None
    assert plan.shelf.name == "untabled"


def test_a_vendor_is_known_by_its_group_and_a_seller_by_its_account_id() -> None:
    def owner(account_id: str) -> list[str]:
        payload = {"itemSalesEventChanges": [{"accountId": account_id, "marketplaceId": US, "asin": "B0"}]}
        return [row.account_key for row in route(made("ITEM_SALES_EVENT_CHANGE", payload)).rows]

    assert owner("amzn1.vg.1000001") == ["kestrel_vendor_us"]
    assert owner("amzn1.merchant.o.A3KESTREL0EU0") == ["kestrel_eu"]
    assert owner("amzn1.vg.9") == []


def test_where_no_seller_is_named_the_subscription_says_whose_it_is() -> None:
    told = made("ITEM_PRODUCT_TYPE_CHANGE", PRODUCT, subscription_id="s-eu")
    assert marked(route(told)) == [("catalog_items", "kestrel_eu.DE", "B000000001")]
    status = {"accountStatusChangeNotification": {"previousAccountStatus": "NORMAL", "currentAccountStatus": "AT_RISK"}}
    plan = route(made("ACCOUNT_STATUS_CHANGED", status, subscription_id="s-eu"))
    assert "kestrel_eu is AT_RISK" in str(plan.said)
    plan = route(made("ACCOUNT_STATUS_CHANGED", status, subscription_id="s-gone"))
    assert plan.shelf is not None
    assert plan.shelf.name == "strangers"
    assert "spapi subscribe" in str(plan.said)


def test_two_authorizations_of_one_seller_are_told_apart_by_subscription_and_marketplace() -> None:
    twin = AMERICAN.model_copy(update={"name": "twin", "region": "eu", "marketplaces": ("DE",)})
    told = changed("A/1", seller=AMERICAN.selling_partner_id, marketplace=DE)
    assert marked(route(told, AMERICAN, twin)) == [("listings_items", "twin.DE", "A/1")]


def test_a_strangers_message_is_kept_apart_and_named() -> None:
    plan = route(changed("A/1", seller="ASTRANGER"))
    assert (plan.marks, plan.rows) == ((), ())
    assert plan.shelf is not None
    assert plan.shelf.name == "strangers"
    assert "ASTRANGER" in str(plan.said)


def test_without_seller_and_subscription_only_accounts_that_know_the_asin_read_it_again(
    ctx: IngestContext, queue: FakeQueue, clock: Clock
) -> None:
    twin = SELLER.model_copy(update={"name": "twin", "selling_partner_id": "ATWIN"})
    plan = route(made("ITEM_PRODUCT_TYPE_CHANGE", PRODUCT), SELLER, twin)
    assert {m.account_key for m in plan.marks} == {"kestrel_eu.DE", "twin.DE"}
    ctx.identifiers.put("asin", "twin", "DE", [Found("B000000001")], "test")
    assert Marking(ctx).ask((m, plan.type, None) for m in plan.marks) == 1
    assert list(ctx.refreshes.waiting()) == [("catalog_items", "twin.DE")]


def test_what_happened_before_it_was_asked_for_in_the_same_tick_is_not_asked_for_again(ctx: IngestContext, clock: Clock) -> None:
    marking, mark = Marking(ctx), Mark("listings_items", "kestrel_eu.DE", "sku", "A/1")
    assert marking.ask([(mark, "X", clock.now)]) == 1
    asked = clock.now
    clock.forward(seconds=5)
    before, after, unknown = asked.replace(microsecond=0), clock.now, None
    assert marking.ask([(mark, "X", before)]) == 0
    assert marking.ask([(mark, "X", after)]) == 1
    assert marking.ask([(mark, "X", unknown)]) == 1


@pytest.mark.parametrize("sku", ["", None, 5.5, ["A"], "x" * 2000, "\ud800"])
def test_a_change_that_does_not_say_of_what_is_malformed(sku: Any) -> None:
    with pytest.raises(MalformedNotification, match="lacks a usable sku"):
        route(made("LISTINGS_ITEM_STATUS_CHANGE", {"SellerId": "A3KESTREL0EU0", "Sku": sku}))


def test_the_page_of_notifications_lists_the_types_as_they_are_known() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "notifications.md").read_text("utf-8")
    tables = {known(s.notification).name: name for name, s in load_registry().apis.items() if s.notification}  # type: ignore[union-attr]
    who = {"seller": "sellers", "vendor": "vendors", "any": "both"}
    for told in (t for t in TYPES.values() if t.name != SELF_TEST):
        table = f"`{tables[told.name]}`" if told.name in tables else "none"
        assert f"| `{told.name}` | {who[told.kind]} | {told.transport.value} | {told.does} | {table} |" in page
