"""Odd flat files as they have been seen or feared, made in code: each is the document and everything that must come of it.
What is asserted of them is in `test_odd_documents.py`; the oddities are Amazon's and other readers' users', the data are ours."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from spapi_assets.datasets.model import Report
from tests.documents.conftest import column, make_report

LISTINGS = make_report(
    [
        column("seller_sku", aliases=("出品者SKU", "SKU vendeur", "Händler-SKU"), required=True),
        column("asin1"),
        column("item_name", aliases=("商品名", "Nom du produit", "Artikelbezeichnung")),
        column("price", "decimal", aliases=("価格", "Prix", "Preis"), unit="money in the marketplace's currency"),
        column("quantity", "integer", aliases=("数量", "Quantité", "Menge"), unit="units"),
        column("opened", "date"),
    ],
    dataset={"day_of": "fetch", "date_column": None, "excluded": {"zshop-boldface": "unused since 2008"}},
)
HEADER = "seller-sku\tasin1\titem-name\tprice\tquantity\topened"
LEDGER = make_report(
    [
        column("ledger_date", "date", aliases=("Date",)),
        column("msku"),
        column("starting_warehouse_balance", "integer"),
        column("warehouse_transfer_in_out", "integer", aliases=("Warehouse Transfer In/Out",)),
    ],
    dataset={"day_of": "fetch", "date_column": None},
    date_order="mdy",
)


@dataclass(frozen=True)
class Golden:
    """A body, and what loads of it: cells by row number (only those named are compared), row numbers in the quarantine."""

    body: bytes
    rows: dict[int, dict[str, Any]]
    quarantined: tuple[int, ...] = ()
    decisions: dict[str, Any] = field(default_factory=dict)
    """Dotted path into the recorded decisions -> value."""
    warning: str = ""
    report: Report = LISTINGS
    context: dict[str, Any] = field(default_factory=dict)


GOLDEN: dict[str, Golden] = {}


def golden(make: Callable[[], Golden]) -> Callable[[], Golden]:
    GOLDEN[make.__name__] = make()
    return make


def line(sku: str, name: str = "Mug", price: str = "1.50", quantity: str = "1") -> str:
    return f"{sku}\tB01\t{name}\t{price}\t{quantity}\t2026-11-01"


def table(*lines: str, end: str = "\r\n", header: str = HEADER, last: bool = True) -> str:
    return end.join([header, *lines]) + (end if last else "")


def skus(*names: str) -> dict[int, dict[str, Any]]:
    return {n: {"seller_sku": name} for n, name in enumerate(names, 1)}


@golden
def several_gzip_members() -> Golden:
    halves = table(line("a"), line("b")).encode()
    body = b"".join(gzip.compress(halves[i : i + 20]) for i in range(0, len(halves), 20))
    return Golden(body, skus("a", "b"), decisions={"compression.gzip_layers": 1})


@golden
def gzip_twice() -> Golden:
    return Golden(gzip.compress(gzip.compress(table(line("a")).encode())), skus("a"), decisions={"compression.gzip_layers": 2})


@golden
def announced_as_gzip_but_plain() -> Golden:
    more = {"compression": "GZIP", "content_encoding": "gzip"}
    return Golden(table(line("a")).encode(), skus("a"), warning="the body is plain", context=more)


@golden
def announced_as_plain_but_gzip() -> Golden:
    return Golden(gzip.compress(table(line("a")).encode()), skus("a"), decisions={"compression.gzip_layers": 1})


@golden
def a_tab_inside_a_cell_makes_a_long_line() -> Golden:
    return Golden(table(line("a"), line("b", "two\twords"), line("c")).encode(), {1: {}, 3: {"seller_sku": "c"}}, (2,))


@golden
def a_line_broken_inside_a_cell_makes_two_short_ones() -> Golden:
    return Golden(table(line("a"), line("b", "two\nlines"), line("c")).encode(), {1: {}, 4: {"seller_sku": "c"}}, (2, 3))


@golden
def only_carriage_returns_end_lines() -> Golden:
    return Golden(table(line("a"), line("b"), end="\r").encode(), skus("a", "b"), decisions={"dialect.line_end": "CR"})


@golden
def line_ends_are_mixed() -> Golden:
    body = f"{HEADER}\r\n{line('a')}\n{line('b')}\r\n{line('c')}\n"
    return Golden(body.encode(), skus("a", "b", "c"), decisions={"dialect.line_end": "CR LF"})


@golden
def separators_of_unicode_are_data() -> Golden:
    names = ["a\u0085b", "c\u2028d\u2029e", "f\x0bg\x0ch", "i\x1cj\x1dk"]
    return Golden(
        table(*(line(f"s{i}", n) for i, n in enumerate(names))).encode(), {i: {"item_name": n} for i, n in enumerate(names, 1)}
    )


@golden
def nul_bytes_are_data() -> Golden:
    return Golden(table(line("a", "x\0y"), line("b")).encode(), {1: {"item_name": "x\0y"}, 2: {"item_name": "Mug"}})


@golden
def quotes_are_data() -> Golden:
    names = ['1/2" pipe', '"Classic"', '"never closed', '""', "it's"]
    return Golden(
        table(*(line(f"s{i}", n) for i, n in enumerate(names))).encode(),
        {i: {"item_name": n} for i, n in enumerate(names, 1)},
        decisions={"dialect.quoting": "none: quotes are data"},
    )


@golden
def a_byte_order_mark_before_the_header() -> Golden:
    body = table(line("a", "Größe")).encode("utf-8-sig")
    evidence = {"charset.evidence": "byte order mark of utf-8"}
    return Golden(body, {1: {"seller_sku": "a", "item_name": "Größe"}}, decisions=evidence)


@golden
def japanese_headers_in_windows_31j() -> Golden:
    body = table(line("a", "髙島屋①", "1,980"), header="出品者SKU\tasin1\t商品名\t価格\t数量\topened").encode("cp932")
    more = {"content_type": "text/plain; charset=windows-31j", "marketplace": "JP"}
    report = LISTINGS.model_copy(update={"localised": ("headers", "numbers", "dates", "charset")})
    cells = {1: {"seller_sku": "a", "item_name": "髙島屋①", "price": "1980.0000", "quantity": 1}}
    return Golden(body, cells, decisions={"charset.charset": "cp932", "header.unknown": []}, report=report, context=more)


@golden
def german_headers_and_numbers_in_cp1252() -> Golden:
    header = "Händler-SKU\tasin1\tArtikelbezeichnung\tPreis\tMenge\topened"
    body = table(line("a", "Größe", "1.234,50"), line("b", "5 €", "7,25"), header=header).encode("cp1252")
    cells = {1: {"item_name": "Größe", "price": "1234.5000"}, 2: {"item_name": "5 €", "price": "7.2500"}}
    return Golden(
        body,
        cells,
        decisions={"charset.charset": "cp1252", "locale.decimal": ","},
        context={"content_type": "text/plain; charset=Cp1252"},
    )


@golden
def renamed_headers() -> Golden:
    body = table(
        "12/22/2026\ta\t5\t-1", "11/03/2026\tb\t6\t2", header="Date\tMSKU\tStartingWarehouseBalance\tWarehouseTransferIn/Out"
    )
    cells = {
        1: {"starting_warehouse_balance": 5, "warehouse_transfer_in_out": -1, "ledger_date": "2026-12-22"},
        2: {"ledger_date": "2026-11-03"},
    }
    return Golden(body.encode(), cells, decisions={"header.unknown": [], "locale.date_order": "mdy"}, report=LEDGER)


@golden
def renamed_headers_in_words() -> Golden:
    body = table("11/03/2026\ta\t5\t-1", header="Date\tMSKU\tStarting Warehouse Balance\tWarehouse Transfer In/Out")
    return Golden(body.encode(), {1: {"starting_warehouse_balance": 5, "ledger_date": "2026-11-03"}}, report=LEDGER)


@golden
def a_header_repeated_and_headers_nobody_knows() -> Golden:
    header = f"{HEADER}\tDeprecated column\tDeprecated column\tNew Thing (EUR)\tzshop-boldface"
    body = table(f"{line('a')}\tx\ty\t1,5\tz", header=header).encode()
    cells = {1: {"deprecated_column": "x", "deprecated_column_2": "y", "new_thing_eur": "1,5"}}
    unknown = ["deprecated_column", "deprecated_column_2", "new_thing_eur"]
    return Golden(
        body, cells, decisions={"header.unknown": unknown, "header.excluded": ["zshop-boldface"]}, warning="does not know"
    )


@golden
def a_tab_at_the_end_of_the_header() -> Golden:
    body = table(line("a"), line("b") + "\t", header=HEADER + "\t").encode()
    return Golden(body, skus("a", "b"), decisions={"header.unknown": []})


@golden
def a_tab_at_the_end_of_the_header_with_values_below_it() -> Golden:
    body = table(line("a") + "\tx", line("b") + "\t", header=HEADER + "\t").encode()
    return Golden(body, {1: {"column_7": "x"}, 2: {"seller_sku": "b"}}, decisions={"header.unknown": ["column_7"]})


@golden
def a_row_of_totals() -> Golden:
    """With a name it is a row like others, as in settlements; without one it goes to the quarantine. Neither is lost."""
    body = table("Total\t\t\t3.00\t2\t", line("a"), "\t\t\t3.00\t2\t").encode()
    return Golden(body, {1: {"seller_sku": "Total", "price": "3.0000", "opened": None}, 2: {"seller_sku": "a"}}, (3,))


@golden
def an_empty_body() -> Golden:
    return Golden(b"", {}, decisions={"empty": True}, warning="not even a header")


@golden
def a_header_and_nothing_else() -> Golden:
    return Golden(HEADER.encode(), {}, decisions={"empty": True}, warning="has no rows")


@golden
def blank_lines_everywhere() -> Golden:
    body = f"\r\n\r\n{HEADER}\r\n\r\n{line('a')}\r\n\r\n\r\n{line('b')}\r\n\r\n"
    return Golden(body.encode(), skus("a", "b"))


@golden
def identifiers_that_look_like_something_else() -> Golden:
    names = ["00123", "1E5", "=cmd|' /C calc'!A0", "+1", "-1", "@x", "TRUE", "NaN", "1,000", " x ", "2026-11-01", "0x1F"]
    return Golden(table(*map(line, names)).encode(), skus(*names))


@golden
def a_cell_of_a_megabyte() -> Golden:
    return Golden(
        table(line("a", "x" * (1 << 20)), line("b")).encode(), {1: {"item_name": "x" * (1 << 20)}, 2: {"item_name": "Mug"}}
    )


@golden
def no_value_in_other_words() -> Golden:
    body = table(line("a", "N/A", "--", "N/A"), line("b", "--", "1.5", "-")).encode()
    return Golden(body, {1: {"item_name": "N/A", "price": None, "quantity": None}, 2: {"item_name": "--", "quantity": None}})


@golden
def commas_where_the_registry_says_tabs() -> Golden:
    body = 'seller-sku,asin1,item-name,price,quantity,opened\r\n00123,B01,"Mug, ""blue""\r\nlarge",1.50,1,2026-11-01\r\n'
    cells = {1: {"seller_sku": "00123", "item_name": 'Mug, "blue"\r\nlarge'}}
    return Golden(body.encode(), cells, decisions={"dialect.delimiter": ","}, warning="not what the registry says")


@golden
def tabs_and_every_cell_in_quotes() -> Golden:
    """As the inventory ledger has been seen."""
    lines = ['"Date"\t"MSKU"\t"Starting Warehouse Balance"\t"Warehouse Transfer In/Out"', '"11/03/2026"\t"00123"\t"5"\t"-1"', ""]
    cells = {1: {"ledger_date": "2026-11-03", "msku": "00123", "starting_warehouse_balance": 5, "warehouse_transfer_in_out": -1}}
    return Golden("\r\n".join(lines).encode(), cells, decisions={"dialect.delimiter": "TAB"}, report=LEDGER)


@golden
def tabs_and_quotes_below_a_bare_header() -> Golden:
    body = table('"a"\t"B01"\t"1/2"" pipe\tblue"\t"1.50"\t\t"2026-11-01"', '"b"\t"B02"\t"Mug"\t"2.50"\t"3"\t""')
    cells = {1: {"item_name": '1/2" pipe\tblue', "quantity": None}, 2: {"price": "2.5000", "quantity": 3, "opened": None}}
    return Golden(body.encode(), cells, decisions={"dialect.delimiter": "TAB"}, warning="stands in quotes")
