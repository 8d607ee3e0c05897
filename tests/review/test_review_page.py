"""The business review: what a reader sees, that it needs nothing but the file, and what it says when something is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from spapi_assets.review import write_review
from spapi_assets.review.differences import agreements
from spapi_assets.review.heatmap import STATES, runs
from spapi_assets.review.marts import Marts, Period, ReviewError

MADE = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
LAST = date(2026, 3, 1)
TABLES = {
    "data_coverage": "dataset varchar, report varchar, account varchar, marketplace varchar, date date,"
    " state varchar, is_usable boolean,"
    " row_count bigint, reason varchar, next_action varchar, period varchar, period_end date",
    "data_reconciliation": "check_name varchar, account varchar, marketplace varchar, date date, measure varchar,"
    " currency varchar, subject varchar, left_source varchar, left_value decimal(18,4), right_source varchar,"
    " right_value decimal(18,4),"
    " difference decimal(18,4), tolerance_name varchar, tolerance decimal(18,4), state varchar, reason varchar,"
    " rows_compared bigint, rows_different bigint, rows_within_tolerance bigint",
    "data_reconciliation_rows": "check_name varchar, account varchar, marketplace varchar, date date, measure varchar,"
    " currency varchar, subject varchar, row_key varchar, left_source varchar, left_value decimal(18,4), left_text varchar,"
    " right_source varchar, right_value decimal(18,4), right_text varchar, difference decimal(18,4), tolerance_name varchar,"
    " lacking_source varchar, state varchar",
    "dim_product": "account varchar, marketplace varchar, sku varchar, title varchar",
    "fct_inventory_daily": "account varchar, marketplace varchar, date date, sku varchar,"
    " fulfillable_units bigint, reserved_units bigint,"
    " inbound_shipped_units bigint, inbound_receiving_units bigint, is_out_of_stock boolean,"
    " units_per_day double, days_of_cover double,"
    " days_without_stock_28d bigint, days_observed_28d bigint",
    "fct_marketplace_daily": "account varchar, marketplace varchar, date date, currency varchar, units_ordered bigint,"
    " ordered_product_sales decimal(18,4), sessions bigint, page_views bigint,"
    " buy_box_percentage decimal(18,6), units_per_session double",
    "fct_order_lines": "account varchar, marketplace varchar, amazon_order_id varchar,"
    " purchase_date_local date, last_updated_at timestamp,"
    " is_cancelled boolean, currency varchar, quantity bigint, item_price decimal(18,4), is_priced boolean,"
    " item_promotion_discount decimal(18,4)",
    "fct_settlements": "account varchar, settlement_id varchar, marketplace varchar, currency varchar,"
    " settlement_started_at timestamp,"
    " settlement_ended_at timestamp, deposit_date date, deposit_amount decimal(18,4), lines_amount decimal(18,4),"
    " difference decimal(18,4), line_count bigint",
    "fct_vendor_sales_daily": "account varchar, marketplace varchar, date date, distributor_view varchar,"
    " selling_program varchar, asin varchar, currency varchar,"
    " ordered_units bigint,"
    " ordered_revenue decimal(18,4), shipped_units bigint, shipped_cogs decimal(18,4)",
    "sku_profit_weekly": "account varchar, marketplace varchar, currency varchar, sku varchar, week_start date,"
    " settled_units bigint,"
    " revenue decimal(18,4), promotions decimal(18,4), refunds decimal(18,4), fees decimal(18,4), advertising decimal(18,4),"
    " other decimal(18,4), net_proceeds decimal(18,4), payout decimal(18,4)",
}


def empty_marts(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path))
    connection.execute("create schema marts")
    for name, columns in TABLES.items():
        connection.execute(f"create table marts.{name} ({columns})")
    return connection


@pytest.fixture
def business(tmp_path: Path) -> Path:
    """Two stores with one SKU, 20 days: 10 EUR and 20 GBP a day in the older half, twice that in the newer."""
    path = tmp_path / "warehouse.duckdb"
    with empty_marts(path) as db:
        for n in range(20):
            day = LAST - timedelta(days=n)
            for store, currency, price in (("DE", "EUR", 10), ("UK", "GBP", 20)):
                sales = price * (2 if n < 10 else 1)
                discount = sales / 10 if n == 3 else 0
                db.execute(
                    "insert into marts.fct_order_lines values ('acc', ?, ?, ?, ?, false, ?, 2, ?, true, ?)",
                    [store, f"{store}-{n}", day, datetime.combine(day, time(0)), currency, sales, discount],
                )
                db.execute(
                    "insert into marts.fct_marketplace_daily values ('acc', ?, ?, ?, 2, ?, 50, 70, 98, 0.04)",
                    [store, day, currency, sales],
                )
        stock = "insert into marts.fct_inventory_daily values ('acc', 'DE', ?, ?, ?, 0, 0, 0, ?, ?, ?, 0, 20)"
        db.execute(stock, [LAST, "SHORT<1>", 12, False, 2.0, 6.0])
        db.execute(stock, [LAST, "GONE", 0, True, 1.0, 0.0])
        db.execute(stock, [LAST, "PLENTY", 900, False, 10.0, 90.0])
        db.execute(stock, [LAST, "IDLE", 5, False, 0.0, None])
        db.execute(
            "insert into marts.fct_settlements values ('acc', 'S-OK', 'DE', 'EUR', '2026-02-01', '2026-02-15',"
            " '2026-02-17', 100, 100, 0, 9),"
            " ('acc', 'S-BAD', 'UK', 'GBP', '2026-02-01', '2026-02-15', '2026-02-17', 100, 99.5, -0.5, 8)"
        )
        db.execute(
            "insert into marts.sku_profit_weekly values"
            " ('acc', 'DE', 'EUR', 'SHORT<1>', '2026-02-09', 4, 200, -10, -20, -60, 0, 0, 110, 110),"
            " ('acc', 'DE', 'EUR', '(no SKU)', '2026-02-09', 0, 0, 0, 0, -39, -11, 0, -50, -50)"
        )
        coverage = "insert into marts.data_coverage values"
        coverage += " ('orders_by_last_update', 'o', 'acc', 'ALL', ?, ?, ?, ?, ?, ?, 'day', ?)"
        for n in range(6):
            state = "denied" if n in (2, 3) else "final"
            reason = "The role Inventory & Orders is missing." if state == "denied" else "Loaded."
            day = LAST - timedelta(days=n)
            db.execute(coverage, [day, state, state == "final", 7, reason, "Ask for the role.", day])
    return path


class _Text(HTMLParser):
    """The page's readable text, and every address it points to."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self.unclosed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [v or "" for k, v in attrs if k in ("src", "href", "xlink:href")]
        if tag not in ("meta", "br", "link", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in ("style", "script"):
            self.text.append(data)


def read(path: Path) -> tuple[str, _Text]:
    parser = _Text()
    parser.feed(path.read_text("utf-8"))
    return " ".join(" ".join(parser.text).split()).replace("\u00a0", " "), parser


def section(text: str, start: str, end: str) -> str:
    return text[text.index(start, text.index("At a glance Each")) : text.index(end, text.index("At a glance Each"))]


def test_the_page_needs_no_network_and_is_well_formed(business: Path, tmp_path: Path) -> None:
    _, page = read(write_review(business, tmp_path / "out" / "review.html", "A & B", MADE))
    assert all(link.startswith("#") for link in page.links)
    assert not re.findall(r"https?://|@import|url\(", (tmp_path / "out" / "review.html").read_text("utf-8"))
    assert page.unclosed == []


def test_currencies_stand_beside_each_other_and_are_never_added(business: Path, tmp_path: Path) -> None:
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    tiles = section(text, "At a glance", "Sales Ordered")
    assert "Ordered sales €200 ▲ 100.0 % from €100" in tiles
    assert "Ordered sales £400 ▲ 100.0 % from £200" in tiles
    assert not re.search(r"\b600\b", tiles)
    assert "20 Feb – 1 Mar 2026, against the 10 days before" in tiles


def test_short_stock_is_marked_with_the_pace_it_was_measured_by(business: Path, tmp_path: Path) -> None:
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    stock = section(text, "Stock cover Sellable", "Vendor sales Units")
    assert "GONE 0 1.00 out of stock" in stock
    assert "SHORT<1> 12 2.00 6.0 days" in stock
    assert stock.index("GONE") < stock.index("SHORT<1>") < stock.index("PLENTY")
    assert "2 of 4 SKUs last less than 14 days. 1 SKU sold nothing" in stock


def test_a_settlement_that_does_not_balance_comes_first_and_says_so(business: Path, tmp_path: Path) -> None:
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    proof = section(text, "Settlement balance", "Do the sources agree?")
    assert proof.index("S-BAD") < proof.index("S-OK")
    assert "£99.50 £100.00 −£0.50 does not balance" in proof
    assert "€100.00 €100.00 €0.00 balances" in proof
    assert "1 of 2 settlements do not balance" in proof


def compared(db: duckdb.DuckDBPyConnection, measure: str, state: str, right: float, reason: str | None = None) -> None:
    facts = [LAST, measure, "EUR" if measure == "ordered_revenue" else None, right, right - 120, state, reason]
    facts.append(2 if state == "different" else 0)
    db.execute(
        "insert into marts.data_reconciliation values ('orders_report_vs_orders_api', 'acc', 'DE', $1, $2, $3, 'order',"
        " 'orders report', 120, 'Orders API', $4, $5, 'units_exact', 0, $6, $7, 90, $8, 0)",
        facts,
    )


def test_a_difference_of_two_sources_shows_both_numbers_and_the_orders(business: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(business)) as db:
        compared(db, "units", "different", 118)
        compared(db, "orders", "equal", 120)
        compared(db, "ordered_revenue", "not_comparable", 120, "Orders API of 2026-03-01: it failed.")
        for order in ("302-1", "302-<2>"):
            db.execute(
                "insert into marts.data_reconciliation_rows values ('orders_report_vs_orders_api', 'acc', 'DE', ?, 'units', null,"
                " 'order', ?, 'orders report', 1, 'Shipped', 'Orders API', null, null, -1, 'units_exact',"
                " 'Orders API', 'different')",
                [LAST, order],
            )
    text, page = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    agree = section(text, "Do the sources agree? Amazon", "Data coverage What")
    assert "Orders report against Orders API 2 1 different" in agree
    assert "Differences (1)" in agree
    assert "DE · 1 Mar 2026 acc units 120 orders report 118 Orders API 2 orders 302-1, 302-<2>" in agree
    assert page.unclosed == []
    with Marts(business) as marts:
        (found,) = agreements(marts).values()
    assert found.differences[0]["sentence"] == (
        "DE 2026-03-01 (acc): orders report 120 units, Orders API 118; 2 orders differ: 302-1, 302-<2>;"
        " tolerance units_exact (0)."
    )
    assert found.open_because[0]["reason"] == "Orders API of 2026-03-01: it failed."


def test_sources_that_agree_say_so_and_nothing_compared_is_no_agreement(business: Path, tmp_path: Path) -> None:
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    assert "Nothing could be compared." in section(text, "Do the sources agree? Amazon", "Data coverage What")
    with duckdb.connect(str(business)) as db:
        compared(db, "ordered_revenue", "not_comparable", 120, "Orders API not ingested by this account.")
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    agree = section(text, "Do the sources agree? Amazon", "Data coverage What")
    assert "Orders report against Orders API 0 open Orders API not ingested by this account." in agree
    with duckdb.connect(str(business)) as db:
        compared(db, "units", "equal", 120)
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    assert "Orders report against Orders API 1 agree" in text
    assert "No difference: wherever both sources hold a day for good, they tell the same." in text


def test_profit_goes_from_revenue_to_what_is_left_and_names_costs_of_no_sku(business: Path, tmp_path: Path) -> None:
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    profit = section(text, "Profit The newest", "Traffic and conversion Visits")
    assert "Net proceeds €60.00 30.0 % of revenue" in profit
    assert "−€50 of advertising, storage and subscription belong to no SKU" in profit


def test_every_gap_has_a_sentence_with_the_reason_and_the_next_step(business: Path, tmp_path: Path) -> None:
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    assert (
        "Gaps (1) orders by last update, acc: 26–27 Feb 2026 denied. The role Inventory & Orders is missing. Ask for the role."
        in text
    )
    assert "4 of 6 days that are due can be read." in text


def test_days_that_nobody_could_have_are_not_counted_as_due_but_said(business: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(business)) as db:
        more = "insert into marts.data_coverage values"
        more += " ('vendor_sales', 'v', 'acc', 'US', ?, ?, false, null, 'Why.', 'Next.', 'day', ?)"
        for n, state in enumerate(("not_due", "not_published", "not_published", "unavailable")):
            db.execute(more, [LAST - timedelta(days=n), state, LAST - timedelta(days=n)])
        db.execute("update marts.data_coverage set state = 'final', is_usable = true where state = 'denied'")
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    assert "all 6 days that are due can be read, 2 come later, 1 can never be had." in text


def test_gaps_for_one_reason_are_one_sentence_and_what_needs_somebody_comes_first(business: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(business)) as db:
        for dataset in ("vendor_sales", "vendor_stock"):
            db.execute(
                "insert into marts.data_coverage values"
                " (?, ?, 'acc', 'US', ?, 'not_published', false, null, 'Soon.', 'Wait.', 'day', ?)",
                [dataset, dataset, LAST, LAST],
            )
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    gaps = text[text.index("Gaps (") :]
    assert gaps.startswith("Gaps (2) orders by last update, acc: 26–27 Feb 2026 denied.")
    assert "vendor sales, acc · US and vendor stock, acc · US: 1 Mar 2026 not published yet. Soon. Wait." in gaps


def test_tables_of_one_report_that_came_together_are_one_strip_and_one_that_did_not_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    row = "insert into marts.data_coverage values (?, ?, 'acc', 'US', ?, ?, true, 10, ?, 'Wait.', 'day', ?)"
    with empty_marts(path) as db:
        for report, count in (("ranks", 3), ("items", 3)):
            for n in range(count):
                late = report == "items" and n == 2
                state, reason = ("denied", "No role.") if late else ("failed", f"Reason {n}.")
                db.execute(row, [f"{report}_{n}", report, LAST, state, reason, LAST])
    text, _ = read(write_review(path, tmp_path / "r.html", generated_at=MADE))
    gaps = text[text.index("Gaps (3)") :]
    assert "ranks (3 tables), acc · US: 1 Mar 2026 failed. ranks_0: Reason 0. Wait." in gaps
    assert "items 0 and 1 more, acc · US: 1 Mar 2026 failed. items_0: Reason 0. Wait." in gaps
    assert "items 2, acc · US: 1 Mar 2026 denied. No role. Wait." in gaps
    assert "30 rows" in text


def test_a_week_in_which_the_settlements_end_says_so_and_has_no_margin(business: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(business)) as db:
        db.execute("update marts.fct_settlements set settlement_ended_at = '2026-02-18 03:00' where settlement_id = 'S-OK'")
        db.execute(
            "insert into marts.sku_profit_weekly values"
            " ('acc', 'DE', 'EUR', 'SHORT<1>', '2026-02-16', 1, 10, 0, 0, -30, 0, 0, -20, -20)"
        )
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    assert "16–22 Feb 2026 settled until 18 Feb 1 €10 −€20 – By the day" in text
    assert "9–15 Feb 2026 4 €200 €60 30.0 %" in text


def test_a_store_known_from_settlements_only_is_explained(business: Path, tmp_path: Path) -> None:
    assert "no other report" not in read(write_review(business, tmp_path / "r.html", generated_at=MADE))[0]
    with duckdb.connect(str(business)) as db:
        db.execute(
            "insert into marts.sku_profit_weekly values"
            " ('acc', 'FR', 'EUR', 'SHORT<1>', '2026-02-09', 1, 10, 0, 0, -3, 0, 0, 7, 7)"
        )
    text, _ = read(write_review(business, tmp_path / "r.html", generated_at=MADE))
    assert "Settlements bring every store of an account: of FR no other report is asked for." in text


def test_a_section_without_rows_says_why_from_the_coverage(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    with empty_marts(path) as db:
        db.execute(
            "insert into marts.data_coverage values ('vendor_sales', 'v', 'acc', 'US', '2026-03-01',"
            " 'not_published', false, null,"
            " 'Amazon publishes 72 hours after the day.', 'Asked for on 4 March.', 'day', '2026-03-01')"
        )
    text, _ = read(write_review(path, tmp_path / "r.html", generated_at=MADE))
    assert (
        "No vendor sales are loaded. vendor_sales: 1 days are not published (up to 01 Mar 2026). Amazon publishes 72 hours"
        in text
    )
    assert "No orders are loaded. Nothing is known about orders_by_last_update" in text


def test_names_from_amazon_cannot_break_the_page(business: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(business)) as db:
        db.execute("insert into marts.dim_product values ('acc', 'DE', 'GONE', '<script>alert(1)</script> 1/2\" $title')")
    out = write_review(business, tmp_path / "r.html", generated_at=MADE)
    assert "<script>alert" not in out.read_text("utf-8")
    assert '1/2" $title' in read(out)[0]


def test_a_missing_file_or_mart_is_a_sentence_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match=r"no DuckDB file.*dbt build"):
        write_review(tmp_path / "none.duckdb", tmp_path / "r.html")
    duckdb.connect(str(tmp_path / "bare.duckdb")).close()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "spapi_assets.review",
            "--duckdb",
            str(tmp_path / "bare.duckdb"),
            "--out",
            str(tmp_path / "r.html"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "lacks the marts data_coverage, data_reconciliation, data_reconciliation_rows, dim_product" in done.stderr
    assert "Traceback" not in done.stderr


def test_periods_compare_equal_lengths_of_at_most_four_weeks() -> None:
    long = Period.of(date(2026, 1, 1), date(2026, 3, 31))
    assert (long.first, long.previous_last, long.previous_first) == (date(2026, 3, 4), date(2026, 3, 3), date(2026, 2, 4))
    short = Period.of(date(2026, 3, 1), date(2026, 3, 7))
    assert (short.days, short.first, short.previous_first) == (3, date(2026, 3, 5), date(2026, 3, 2))


def test_neighbouring_days_of_one_state_are_one_mark_and_a_hole_splits_them() -> None:
    def entry(n: int, state: str) -> dict[str, object]:
        day, facts = date(2026, 1, n), {"period": "day", "row_count": 2, "reason": "r", "next_action": "n"}
        return {"date": day, "period_end": day, "state": state, **facts}

    found = runs([entry(1, "final"), entry(2, "final"), entry(4, "final"), entry(5, "failed")])
    assert [(r.state, r.first.day, r.last.day, r.rows) for r in found] == [
        ("final", 1, 2, 4),
        ("final", 4, 4, 2),
        ("failed", 5, 5, 2),
    ]


def test_neighbouring_weeks_are_one_mark_and_are_called_weeks() -> None:
    facts = {"period": "week", "state": "final", "row_count": 2, "reason": "r", "next_action": "n"}
    weeks = [date(2026, 3, 1) + timedelta(days=7 * n) for n in (0, 1, 3)]
    found = runs([{"date": day, "period_end": day + timedelta(days=6), **facts} for day in weeks])
    assert [(r.counted, r.first, r.last) for r in found] == [
        ("2 weeks", weeks[0], date(2026, 3, 14)),
        ("1 week", weeks[2], date(2026, 3, 28)),
    ]


def test_of_many_datasets_the_complete_ones_are_folded_away_and_what_may_still_change_is_said(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    row = "insert into marts.data_coverage values ($1, $1, 'acc', 'US', $2, $3, true, 1, 'Why.', 'Next.', 'day', $2)"
    with empty_marts(path) as db:
        for n in range(40):
            db.execute(row, [f"whole_{n:02}", LAST, "final"])
        for n in range(6):
            db.execute(row, [f"broken_{n}", LAST, "failed"])
        db.execute(row, ["changing", LAST, "provisional"])
    page = write_review(path, tmp_path / "r.html", generated_at=MADE)
    text, _ = read(page)
    assert "40 of 47 rows are complete" in text
    drawn, folded = page.read_text("utf-8").split("<details>")
    assert "whole 00" not in drawn
    assert "whole 00" in folded
    assert "changing" in drawn
    assert "Provisional: 1 report or API, 1 Mar 2026." in text
    gaps = text[text.index("Gaps (") :]
    assert gaps.startswith("Gaps (1) broken 0, acc · US; broken 1, acc · US; broken 2, acc · US; broken 3, acc · US and 2 more")


def test_every_truth_state_has_a_name_and_a_colour() -> None:
    from spapi_assets.ingest.truth import TruthState

    style = (Path(sys.modules["spapi_assets.review"].__file__ or "").parent / "style.css").read_text("utf-8")
    assert {s.value for s in TruthState} == set(STATES)
    assert not [s for s in STATES if f".s-{s} {{" not in style]
