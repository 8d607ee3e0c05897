"""The built-in entries: what every report and column of the registry must hold, whatever it describes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import Column, ColumnType, Dataset, DayOf, Report, Scope, WindowKind
from spapi_assets.settings import Account, Settings
from spapi_assets.spapi.marketplaces import MARKETPLACES

REGISTRY = load_registry()
REPORTS = list(REGISTRY.reports.values())
DEFAULT = {d.name for r in REPORTS if r.default for d in r.datasets}
MONEY = "money in "
IDENTIFIER = re.compile(r"(^|_)(asin|asin\d|sku|fnsku|id|ids|code|cpf|sha256)$|postal_code|number")
MONEY_NAME = re.compile(r"(^|_)(amount|price|tax|discount)$")


def _columns() -> Iterator[tuple[Dataset, Column]]:
    for dataset in REGISTRY.datasets.values():
        for column in dataset.columns:
            yield dataset, column


def test_an_account_that_names_no_reports_gets_the_six_that_the_marts_need() -> None:
    wanted = [r for r in REPORTS if r.default]
    assert {r.name for r in wanted} == {
        "orders_by_last_update",
        "sales_and_traffic",
        "merchant_listings",
        "fba_inventory",
        "settlements",
        "vendor_sales",
    }
    assert {d.name for r in wanted for d in r.datasets} == {
        "orders_by_last_update",
        "sales_and_traffic_by_asin",
        "sales_and_traffic_by_date",
        "merchant_listings",
        "fba_inventory",
        "settlements",
        "vendor_sales",
        "vendor_sales_totals",
    }


def test_identifiers_are_text_so_that_leading_zeros_survive() -> None:
    wrong = [f"{d.name}.{c.name}" for d, c in _columns() if IDENTIFIER.search(c.name) and c.type is not ColumnType.TEXT]
    assert not wrong
    text = {f"{d.name}.{c.name}" for d, c in _columns() if IDENTIFIER.search(c.name)}
    assert text >= {
        "orders_by_last_update.amazon_order_id",
        "orders_by_last_update.ship_postal_code",
        "fba_inventory.fnsku",
        "merchant_listings.product_id",
        "settlements.order_item_code",
        "vendor_sales.asin",
    }


def test_money_is_decimal_and_says_which_currency() -> None:
    for dataset, column in _columns():
        if MONEY_NAME.search(column.name):
            assert column.type is ColumnType.DECIMAL, f"{dataset.name}.{column.name} is money, so it must be decimal"
            assert column.unit, f"{dataset.name}.{column.name} has no unit"
            assert column.unit.startswith(MONEY), f"{dataset.name}.{column.name} is money, its unit must say of which currency"


def test_a_currency_named_by_a_unit_is_a_text_column_of_the_same_dataset() -> None:
    in_words = {"the marketplace's currency", "the settlement's currency"}
    for dataset, column in _columns():
        if column.unit and column.unit.startswith(MONEY) and column.unit.removeprefix(MONEY) not in in_words:
            assert dataset.column(column.unit.removeprefix(MONEY)).type is ColumnType.TEXT


def test_every_number_has_a_unit() -> None:
    numbers = (ColumnType.INTEGER, ColumnType.DECIMAL)
    assert [f"{d.name}.{c.name}" for d, c in _columns() if c.type in numbers and not c.unit] == []


def test_shares_and_averages_keep_six_decimals() -> None:
    assert all(c.scale == 6 for _, c in _columns() if c.unit == "percent")


def test_every_description_is_a_sentence() -> None:
    for dataset, column in _columns():
        assert re.search(r"^[\"A-Z].{12,}[.]$", column.description), f"{dataset.name}.{column.name}: {column.description!r}"


def test_a_header_or_alias_points_to_one_column_only() -> None:
    def key(text: str) -> str:
        return re.sub(r"[\s_-]", "", text).casefold()

    for dataset in REGISTRY.datasets.values():
        owner: dict[str, str] = {}
        for column in dataset.columns:
            for name in (column.header or column.path or f"option {column.option}", *column.aliases):
                side = f"{name} {column.part or ''}"  # the two sides of an interval stand in one text
                assert owner.setdefault(key(side), column.name) == column.name, f"{dataset.name}: {name!r} names two columns"


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_key_and_date_columns_cannot_be_blank_where_rows_are_split_by_them(report: Report) -> None:
    for dataset in report.datasets:
        if dataset.day_of is DayOf.COLUMN:
            date_column = dataset.column(dataset.date_column or "")
            assert date_column.type in (ColumnType.DATE, ColumnType.TIMESTAMP)
            assert date_column.required, f"{dataset.name}: a row without {date_column.name} belongs to no day"


def test_columns_that_point_to_a_person_are_marked() -> None:
    assert {f"{d.name}.{c.name}" for d, c in _columns() if c.pii and d.name in DEFAULT} == {
        "orders_by_last_update.ship_city",
        "orders_by_last_update.ship_postal_code",
        "orders_by_last_update.cpf",
        "orders_by_last_update.purchase_order_number",
    }


PERSONAL = re.compile(
    r"(^|_)(buyer|recipient|rater|customer|bill|ship|billing|shipping|contact)_(e?mail|name|phone|phone_number|address.*|tax_id)$"
)


def test_names_mails_phones_and_addresses_of_people_are_marked_in_every_dataset() -> None:
    assert not [f"{d.name}.{c.name}" for d, c in _columns() if PERSONAL.search(c.name) and not c.pii]


def test_a_year_of_orders_needs_thirteen_requests() -> None:
    window = REGISTRY.reports["orders_by_last_update"].window
    assert -(-365 // window.max_days) == 13


def test_rows_without_a_date_come_from_requests_of_one_day() -> None:
    report = REGISTRY.source_of("sales_and_traffic_by_asin")
    assert report.window.max_days == 1
    assert report.options == {"dateGranularity": "DAY", "asinGranularity": "SKU"}


def test_vendor_sales_ask_for_at_most_fifteen_days_and_not_before_72_hours() -> None:
    window = REGISTRY.reports["vendor_sales"].window
    assert (window.max_days, window.lag_hours, window.lookback_days) == (15, 72, 1460)
    assert 14 <= window.restated_days <= 30


def test_reports_whose_time_of_day_amazon_ignores_are_asked_for_by_date() -> None:
    assert {"sales_and_traffic", "vendor_sales"} <= {r.name for r in REPORTS if r.window.bounds == "dates"}


def test_settlements_are_collected_and_never_requested() -> None:
    report = REGISTRY.reports["settlements"]
    assert report.window.kind is WindowKind.HARVEST
    assert report.adoptable
    # Equal rows are legitimate: a key would invite somebody to remove them.
    assert REGISTRY.datasets["settlements"].row_key == ()


def test_only_reports_without_options_are_adopted_from_others() -> None:
    assert {r.name for r in REPORTS if r.adoptable and r.default} == {"orders_by_last_update", "fba_inventory", "settlements"}
    assert not [r.name for r in REPORTS if r.adoptable and r.option_names]


def test_the_scope_of_a_report_decides_its_partition_keys() -> None:
    kestrel = Account.model_validate(
        {
            "name": "kestrel",
            "kind": "seller",
            "region": "eu",
            "selling_partner_id": "A1",
            "marketplaces": ["DE", "FR"],
            "secret": "spapi/kestrel",
            "reports": ["all"],
        }
    )
    settings = Settings(accounts=(kestrel,), lake_uri="lake", first_date="2026-01-01")
    for report in REPORTS:
        keys = settings.partition_keys(report)
        places = [m for m in ("DE", "FR") if report.marketplaces is None or m in report.marketplaces]
        if report.kind == "vendor" or not places:
            assert keys == []
        else:
            assert keys == (["kestrel"] if report.scope is Scope.ACCOUNT else [f"kestrel.{m}" for m in places])


def test_listings_ask_for_english_headers_and_know_the_localised_ones() -> None:
    assert REGISTRY.reports["merchant_listings"].options == {"preferredReportDocumentLocale": "en_US"}
    sku = REGISTRY.datasets["merchant_listings"].column("seller_sku")
    assert {"Händler-SKU", "sku-vendeur", "SKU venditore", "SKU del vendedor", "出品者SKU"} <= set(sku.aliases)


def test_localised_headers_can_be_written_in_the_code_page_of_their_store() -> None:
    """An alias that the store's own code page cannot hold could never arrive."""
    aliases = [alias for column in REGISTRY.datasets["merchant_listings"].columns for alias in column.aliases]
    code_pages = {marketplace.charset for marketplace in MARKETPLACES.values()} | {"cp932", "cp1252", "utf-8"}

    def fits(alias: str) -> bool:
        for code_page in code_pages:
            try:
                alias.encode(code_page)
            except (UnicodeEncodeError, LookupError):
                continue
            return True
        return False

    assert all(fits(alias) for alias in aliases)
