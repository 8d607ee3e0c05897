"""XML reports: rows at any depth, values of enclosing elements, unknown elements, and documents that are no such report."""

from __future__ import annotations

import tempfile
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring
from xml.etree.ElementTree import indent as mark_up

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.documents.errors import TruncatedDocument, UnreadableDocument, WrongDocument
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import column, make_context, make_report, quarantine, rows

ITEMS = [
    column("order_id", path="../OrderID", required=True),
    column("updated", "timestamp", path="../Updated"),
    column("city", path="../Ship.Address.City"),
    column("buyer", path="../Buyer", pii=True),
    column("sku", path="SKU"),
    column("title", path="Title"),
    column("quantity", "integer", path="Quantity"),
    column("price", "decimal", path="Price.Amount", unit="money in currency"),
    column("currency", path="Price.Amount.@currency"),
    column("gift", "boolean", path="Gift"),
]
FEES = [
    column("order_id", path="../../../OrderID", required=True),
    column("updated", "timestamp", path="../../../Updated"),
    column("item_sku", path="../../SKU"),
    column("kind", path="@type"),
    column("amount", "decimal", path="."),
]


def dataset(name: str, section: str, columns: list[Any], **more: Any) -> Dataset:
    values = {"day_of": "column", "date_column": "updated", **more}
    return Dataset(name=name, title="t", description="d", grain="g", section=section, columns=tuple(columns), **values)


REPORT = make_report(
    [],
    format="xml",
    datasets=(dataset("items", "Message.Order.Item", ITEMS), dataset("fees", "Message.Order.Item.Fees.Fee", FEES)),
)


def item(sku: object = "00123", *, more: str = "", quantity: str = "2", fees: str = "") -> str:
    return (
        f"<Item><SKU>{sku}</SKU><Title>Größe &lt;L&gt; &amp; <![CDATA[<b>]]></Title><Quantity>{quantity}</Quantity>"
        f'<Price><Amount currency="EUR">1.50</Amount></Price><Gift>true</Gift>{fees}{more}</Item>'
    )


def order(number: object, items: str, *, day: str = "2026-11-01T10:00:00+00:00", after: str = "") -> str:
    return (
        f"<Message><MessageID>{number}</MessageID><Order><OrderID>O-{number}</OrderID><Updated>{day}</Updated>"
        f"<Ship><Address><City>Köln</City></Address></Ship><Buyer>Erika</Buyer>{items}{after}</Order></Message>"
    )


def envelope(*orders: str, root: str = 'AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"') -> str:
    header = "<Header><DocumentVersion>1.01</DocumentVersion></Header><MessageType>AllOrders</MessageType>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n{header}\n' + "\n".join(orders) + f"\n</{root.split()[0]}>\n"


def test_rows_at_two_depths_come_from_one_document(load, lake):
    fees = '<Fees><Fee type="Commission">-0.30</Fee><Fee type="FBA">-1.20</Fee></Fees>'
    result = load(
        envelope(order(1, item(fees=fees) + item("1E5")), order(2, item("=cmd|x"), day="2026-11-03T00:00:00Z")).encode(), REPORT
    )
    assert [(r["order_id"], r["sku"], r["_row"]) for r in rows(lake, "items")] == [
        ("O-1", "00123", 1), ("O-1", "1E5", 2), ("O-2", "=cmd|x", 3),
    ]  # fmt: skip
    first = rows(lake, "items")[0]
    assert first["title"] == "Größe <L> & <b>"
    assert (first["quantity"], first["price"], first["currency"], first["gift"]) == (2, Decimal("1.5"), "EUR", True)
    assert (first["updated"], first["city"]) == (datetime(2026, 11, 1, 10, tzinfo=UTC), "Köln")
    assert [(r["order_id"], r["item_sku"], r["kind"], r["amount"]) for r in rows(lake, "fees")] == [
        ("O-1", "00123", "Commission", Decimal("-0.3")), ("O-1", "00123", "FBA", Decimal("-1.2")),
    ]  # fmt: skip
    assert {d.rows_in for d in result.datasets.values()} == {3, 2}
    assert [p.day for p, part in result.datasets["items"].partitions.items() if part.rows] == [
        date(2026, 11, 1),
        date(2026, 11, 3),
    ]
    assert not [w for w in result.warnings if "know" in w]


@pytest.mark.parametrize("prefix", ["", "amzn:"])
def test_namespaces_carry_no_meaning(load, lake, prefix):
    text = envelope(order(1, item()), root='AmazonEnvelope xmlns="urn:a" xmlns:amzn="urn:b"').replace("<Item>", f"<{prefix}Item>")
    load(text.replace("</Item>", f"</{prefix}Item>").encode(), REPORT)
    assert rows(lake, "items")[0]["sku"] == "00123"


def test_values_that_stand_after_the_rows_are_found(load, lake):
    text = envelope(order(1, item("a") + item("b")), order(2, item("c")))
    text = text.replace("<OrderID>O-1</OrderID>", "").replace("</Order></Message>", "<OrderID>O-1</OrderID></Order></Message>", 1)
    load(text.encode(), REPORT)
    assert [(r["order_id"], r["sku"], r["_row"]) for r in rows(lake, "items")] == [
        ("O-1", "a", 1),
        ("O-1", "b", 2),
        ("O-2", "c", 3),
    ]


def test_unknown_elements_are_kept_as_text_wherever_they_stand(load, lake):
    more = '<Tax rate="19">0.30</Tax><Deep><er>x</er></Deep>'
    text = envelope(order(1, item()), order(2, item(more=more), after="<Replaced>no</Replaced>"))
    result = load(text.encode(), REPORT)
    assert result.datasets["items"].unknown_columns == ("replaced", "deep_er", "tax", "tax_rate")
    second = rows(lake, "items")[1]
    assert (second["tax"], second["tax_rate"], second["deep_er"], second["replaced"]) == ("0.30", "19", "x", "no")
    assert any("does not know, kept as text" in w for w in result.warnings)


def test_an_element_that_is_there_twice_is_a_list_in_text_and_quarantined_in_numbers(load, lake):
    more = "<Quantity>3</Quantity>"
    result = load(envelope(order(1, item("a", more="<Title>two</Title>") + item("b", more=more) + item("c"))).encode(), REPORT)
    assert rows(lake, "items")[0]["title"] == '["Größe <L> & <b>", "two"]'
    (bad,) = quarantine(lake, "items")
    assert (bad["row"], bad["column"], bad["value"]) == (2, "quantity", '["2", "3"]')
    assert (result.datasets["items"].rows_in, result.datasets["items"].rows_out) == (3, 2)


def test_a_value_that_does_not_fit_quarantines_its_row_with_personal_data_masked(load, lake):
    load(envelope(order(1, item("a", quantity="x") + item("b"))).encode(), REPORT)
    (bad,) = quarantine(lake, "items")
    assert (bad["row"], bad["column"], bad["value"]) == (1, "quantity", "x")
    everything = b"".join(lake.read_bytes(p) for p in lake.list() if not p.endswith(".gz"))
    assert b"Erika" not in everything
    assert [r["sku"] for r in rows(lake, "items")] == ["b"]


def test_rows_outside_the_window_go_to_the_quarantine(load, lake):
    load(envelope(order(1, item("a")), order(2, item("b"), day="2026-12-24T00:00:00Z")).encode(), REPORT)
    assert [r["sku"] for r in rows(lake, "items")] == ["a"]
    assert "outside the window" in quarantine(lake, "items")[0]["reason"]


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.99])
def test_xml_that_is_cut_short_is_truncated_and_leaves_nothing(lake, cut):
    text = envelope(*(order(i, item()) for i in range(50))).strip().encode()
    with pytest.raises(TruncatedDocument, match="cut short"):
        load_document([text[: int(len(text) * cut)]], make_context(REPORT), lake)
    assert not list(lake.list())


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (envelope(order(1, item())).replace("</Item>", "</Itm>"), UnreadableDocument, "not well-formed"),
        (envelope(order(1, item())) + "<more/>", UnreadableDocument, "not well-formed"),
        (envelope(order(1, item("&unknown;"))), UnreadableDocument, "not well-formed"),
        ('<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>', WrongDocument, "document type"),
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', WrongDocument, "document type"),
        ("<!DOCTYPE html><html><body>Service Unavailable</body></html>", WrongDocument, "HTML page"),
        ("<html><body><h1>503</h1></body></html>", WrongDocument, "503"),
        ('{"errorDetails": "The requested data is unavailable"}', WrongDocument, "requested data is unavailable"),
        ("<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", WrongDocument, "AccessDenied"),
    ],
)
def test_what_is_no_such_report_is_refused_with_what_it_says(load, lake, body, error, message):
    with pytest.raises(error, match=message):
        load(body.encode(), REPORT)
    assert not list(lake.list("raw"))


@pytest.mark.parametrize("body", ["", "  \r\n", envelope()])
def test_a_document_without_rows_is_empty(load, body):
    result = load(body.encode(), REPORT)
    assert result.is_empty
    assert len(result.datasets["items"].partitions) == 3


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "UTF-8", None), ("utf-8-sig", "UTF-8", None), ("utf-16", "UTF-16", None), ("cp1252", "Cp1252", None),
        ("cp1252", "iso-8859-1", None), ("cp1252", "UTF-8", None), ("cp1252", "UTF-8", "text/xml; charset=Cp1252"),
        ("utf-8", "UTF-8", "text/xml; charset=Cp1252"),
    ],
)  # fmt: skip
def test_the_charset_follows_the_evidence(load, lake, encoding, declared, content_type):
    text = envelope(order(1, item())).replace('encoding="UTF-8"', f'encoding="{declared}"')
    result = load(text.encode(encoding), REPORT, content_type=content_type)
    assert rows(lake, "items")[0]["city"] == "Köln"
    assert result.decisions["charset"]["evidence"]


def test_japanese_by_its_own_declaration(load, lake):
    text = envelope(order(1, item("髙島屋①"))).replace("UTF-8", "windows-31j").replace("Größe", "").replace("Köln", "")
    load(text.encode("cp932"), REPORT)
    assert rows(lake, "items")[0]["sku"] == "髙島屋①"


@pytest.mark.parametrize("bad", [b"\xff", b"\x0b", b"&#x1F;", b"&#11;"])
def test_a_byte_that_is_no_text_costs_its_row_only(load, lake, bad):
    orders = [order(i, item(f"s{i}")) for i in range(300)]
    result = load(envelope(*orders).encode().replace(b">s7<", b">s" + bad + b"7<"), REPORT)
    assert result.quarantined == 1
    assert quarantine(lake, "items")[0]["row"] == 8
    assert rows(lake, "items")[8]["city"] == "Köln"
    assert len(rows(lake, "items")) == 299


def test_memory_does_not_grow_with_the_document(lake):
    def chunks(count: int):
        yield envelope().partition("</AmazonEnvelope>")[0].encode()
        for i in range(count):
            yield order(i, item(f"s{i}") * 3).encode()
        yield b"</AmazonEnvelope>"

    peaks = []
    for count in (1000, 4000):
        tracemalloc.start()
        result = load_document(chunks(count), make_context(REPORT, report_id=f"r{count}"), lake)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert result.rows["items"] == 3 * count
    assert peaks[1] < peaks[0] * 1.5


LETTERS = st.text(
    st.one_of(st.sampled_from("ab <>&\"'é商\u0085\u2028\n\t"), st.characters(blacklist_categories=("Cs", "Cc"))), max_size=6
)


@st.composite
def orders(draw: Any) -> list[dict[str, Any]]:
    """Orders with items with fees, as plain Python."""
    fee = st.fixed_dictionaries({"@type": LETTERS, ".": st.decimals(-999, 999, places=2, allow_nan=False).map(str)})
    item = st.fixed_dictionaries({"SKU": LETTERS, "Title": LETTERS, "Fees": st.lists(fee, max_size=3)})
    return draw(
        st.lists(st.fixed_dictionaries({"City": LETTERS, "late": st.booleans(), "items": st.lists(item, max_size=3)}), max_size=4)
    )


def written(found: list[dict[str, Any]], *, indent: bool) -> bytes:
    root = Element("AmazonEnvelope")
    for number, order in enumerate(found):
        node = SubElement(SubElement(root, "Message"), "Order")
        city: list[Element] = []
        if not order["late"]:
            city.append(SubElement(SubElement(node, "Ship"), "Address"))
        for item in order["items"]:
            line = SubElement(node, "Item")
            SubElement(line, "SKU").text = item["SKU"]
            fees = SubElement(line, "Fees")
            for fee in item["Fees"]:
                SubElement(fees, "Fee", type=fee["@type"]).text = fee["."]
            SubElement(line, "Title").text = item["Title"]
        if order["late"]:
            city.append(SubElement(SubElement(node, "Ship"), "Address"))
        SubElement(city[0], "City").text = order["City"]
        SubElement(node, "OrderID").text = f"O-{number}"
        SubElement(node, "Updated").text = "2026-11-01T00:00:00Z"
    if indent:
        mark_up(root)
    return tostring(root, encoding="utf-8")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(orders(), st.booleans(), st.integers(1, 50))
def test_whatever_stands_where_comes_back_as_it_went_in(found, indent, size):
    body = written(found, indent=indent)
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(folder)
        load_document([body[i : i + size] for i in range(0, len(body), size)], make_context(REPORT), lake)
        items, fees = rows(lake, "items"), rows(lake, "fees")
        assert not quarantine(lake, "items")

    def text(value: str) -> str | None:
        return value if value.strip() else None

    assert [(r["order_id"], r["city"], r["sku"], r["title"]) for r in items] == [
        (f"O-{n}", text(o["City"]), text(i["SKU"]), text(i["Title"])) for n, o in enumerate(found) for i in o["items"]
    ]
    assert [(r["order_id"], r["item_sku"], r["kind"], r["amount"]) for r in fees] == [
        (f"O-{n}", text(i["SKU"]), text(f["@type"]), Decimal(f["."]))
        for n, o in enumerate(found)
        for i in o["items"]
        for f in i["Fees"]
    ]
