"""The order book: one business whatever is asked, when, in which order, and in which process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import BadRequest, NoData

from .kestrel import BY_LAST_UPDATE, BY_ORDER_DATE, NA, NOW, SELLER_OF, ask, at, codec_of, table

BUSINESS = Business()
WINDOW = ("2026-10-20T00:00:00", "2026-11-10T00:00:00")


def lines(start: str, end: str, **more) -> Counter:
    try:
        document = ask(BUSINESS, BY_LAST_UPDATE, ["DE", "UK"], start, end, **more)
    except NoData:
        return Counter()
    return Counter(document.body.decode(codec_of(document)).split("\r\n")[1:-1])


@settings(max_examples=12, deadline=None)
@given(cuts=st.lists(st.integers(1, 21 * 86_400 - 1), min_size=1, max_size=4, unique=True))
def test_a_window_cut_anywhere_gives_the_same_order_lines_as_the_whole(cuts: list[int]) -> None:
    edges = [at(WINDOW[0]), *(at(WINDOW[0]) + timedelta(seconds=c) for c in sorted(cuts)), at(WINDOW[1])]
    parts: Counter = Counter()
    for start, end in pairwise(edges):
        parts += lines(start.isoformat(), end.isoformat())
    assert parts == lines(*WINDOW)
    assert sum(parts.values()) > 1_000


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    script = (
        "import hashlib\n"
        "from simulator.kestrel import *\n"
        "b = Business(11)\n"
        "for t in (BY_LAST_UPDATE, INVENTORY, LISTINGS, TRAFFIC):\n"
        "    d = ask(b, t, ['DE'], '2026-11-01', '2026-11-01T23:59:59')\n"
        "    print(hashlib.sha256(d.body).hexdigest())\n"
    )
    outputs = set()
    for hash_seed in ("0", "4711"):
        tests = Path(__file__).resolve().parents[1]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{tests}{os.pathsep}{tests.parent}"}
        outputs.add(
            subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True).stdout
        )
    here = hashlib.sha256(ask(Business(11), BY_LAST_UPDATE, ["DE"], "2026-11-01", "2026-11-01T23:59:59").body).hexdigest()
    assert len(outputs) == 1
    assert outputs.pop().startswith(here)


def test_what_was_asked_before_changes_nothing() -> None:
    forward, backward = Business(3), Business(3)
    days = [f"2026-0{month}-15" for month in (3, 5, 7, 9)]
    one = [ask(forward, BY_ORDER_DATE, ["DE"], day, f"{day}T23:59:59").body for day in days]
    other = [ask(backward, BY_ORDER_DATE, ["DE"], day, f"{day}T23:59:59").body for day in reversed(days)]
    assert one == other[::-1]


def test_another_seed_is_another_business() -> None:
    bodies = {ask(Business(seed), BY_ORDER_DATE, ["UK"], "2026-06-01", "2026-06-02").body for seed in (1, 2, 3)}
    assert len(bodies) == 3


def test_no_two_orders_share_an_id_across_accounts_and_marketplaces() -> None:
    ids: Counter = Counter()
    for account in BUSINESS.accounts[:3]:
        for m in account.marketplaces:
            ids.update(o.id for o in BUSINESS.purchased_between(account, m, date(2026, 6, 1), date(2026, 8, 31)))
    assert len(ids) > 10_000
    assert max(ids.values()) == 1
    assert all(len(i) == 19 and i[3] == i[11] == "-" for i in ids)


def test_an_order_is_pending_then_shipped_or_cancelled_and_moves_to_the_window_of_its_last_change() -> None:
    account = BUSINESS.account(SELLER_OF["DE"])
    shipped_next_day = at("2026-11-03T00:00:00").timestamp()
    order = next(
        o for o in BUSINESS.orders(account, account.marketplaces[0], date(2026, 11, 2))[9:] if o.shipped > shipped_next_day
    )
    day = ("2026-11-02T00:00:00", "2026-11-03T00:00:00")
    early, late = at("2026-11-02T23:59:00"), NOW
    assert [order.status(t.timestamp()) for t in (early, late)] == ["Pending", "Shipped"]
    seen = {r["amazon-order-id"]: r for r in table(ask(BUSINESS, BY_LAST_UPDATE, ["DE"], *day, now=early))}
    assert seen[order.id]["order-status"] == "Pending"
    assert seen[order.id]["item-price"] == ""
    later = {r["amazon-order-id"]: r for r in table(ask(BUSINESS, BY_LAST_UPDATE, ["DE"], day[1], "2026-11-20T00:00:00"))}
    assert later[order.id]["order-status"] == "Shipped"
    again = {r["amazon-order-id"] for r in table(ask(BUSINESS, BY_LAST_UPDATE, ["DE"], *day, now=late))}
    assert order.id not in again


def test_every_line_of_an_order_is_reported_and_a_sku_may_stand_in_two_lines() -> None:
    rows = table(ask(BUSINESS, BY_LAST_UPDATE, ["DE", "UK"], *WINDOW))
    by_order = Counter(r["amazon-order-id"] for r in rows)
    by_key = Counter((r["amazon-order-id"], r["sku"]) for r in rows)
    assert max(by_order.values()) >= 3
    assert max(by_key.values()) == 2


def test_statuses_channels_and_special_orders_all_occur() -> None:
    rows = table(ask(BUSINESS, BY_LAST_UPDATE, ["DE", "UK"], "2026-10-25T00:00:00", "2026-11-23T11:00:00"))
    assert {r["order-status"] for r in rows} == {"Pending", "Shipped", "Cancelled"}
    assert {r["fulfillment-channel"] for r in rows} == {"Amazon", "Merchant"}
    assert {r["sales-channel"] for r in rows} == {"Amazon.de", "Amazon.co.uk"}
    assert {r["is-business-order"] for r in rows} == {"true", "false"}
    assert any("," in r["promotion-ids"] for r in rows)
    assert all(r["quantity"] == "0" and not r["item-price"] for r in rows if r["order-status"] == "Cancelled")


def test_order_reports_can_ignore_the_marketplaces_asked_for_as_amazons_did() -> None:
    wide = table(ask(Business(region_wide_orders=True), BY_ORDER_DATE, ["DE"], "2026-11-01", "2026-11-02"))
    narrow = table(ask(BUSINESS, BY_ORDER_DATE, ["DE"], "2026-11-01", "2026-11-02"))
    assert {r["sales-channel"] for r in wide} == {"Amazon.de", "Amazon.co.uk", "Amazon.fr", "Amazon.it", "Amazon.es"}
    assert [r for r in wide if r["sales-channel"] == "Amazon.de"] == narrow


def test_scale_multiplies_the_volume() -> None:
    sizes = {s: len(table(ask(Business(scale=s), BY_ORDER_DATE, ["DE"], "2026-06-01", "2026-06-08"))) for s in (0.2, 1, 5)}
    assert sizes[0.2] * 3 < sizes[1] < sizes[5] / 3


def test_the_year_has_a_gift_season_and_promotions_show() -> None:
    account = BUSINESS.account(NA)
    us = account.marketplaces[0]

    def revenue(first: date, days: int) -> float:
        orders = BUSINESS.purchased_between(account, us, first, first + timedelta(days=days - 1))
        return sum(line.price for o in orders for line in o.lines) / days

    assert revenue(date(2025, 11, 24), 8) > 1.8 * revenue(date(2025, 10, 1), 31)
    assert revenue(date(2025, 12, 1), 18) > 1.3 * revenue(date(2025, 10, 1), 31)
    assert revenue(date(2026, 7, 8), 2) > 1.5 * revenue(date(2026, 7, 13), 14)
    assert revenue(date(2026, 6, 1), 60) > 1.05 * revenue(date(2025, 6, 1), 60)


@pytest.mark.parametrize(
    ("start", "end", "error"),
    [("2026-09-01", "2026-11-01", BadRequest), ("2019-01-01", "2019-01-20", NoData), ("2027-01-01", "2027-01-02", NoData)],
)
def test_windows_that_amazon_would_not_serve_are_refused_with_a_reason(start: str, end: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"Date range exceeded|No order was updated"):
        ask(BUSINESS, BY_LAST_UPDATE, ["DE"], start, end)
