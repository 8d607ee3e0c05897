"""One charset for a whole document, from evidence: what is declared, what the bytes are, where the first odd byte stands."""

from __future__ import annotations

import gzip

import pytest

from spapi_assets.ingest.documents.charset import python_name, wide_charset
from spapi_assets.ingest.documents.load import load_document
from tests.documents.conftest import HEADER, make_context, order, quarantine, rows, small_blocks


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("Cp1252", "cp1252"), ("windows-1252", "cp1252"), ("ISO-8859-1", "cp1252"), ("ISO8859_1", "cp1252"), ("latin1", "cp1252"),
        ("windows-31j", "cp932"), ("Windows-31J", "cp932"), ("Shift_JIS", "cp932"), ("x-sjis", "cp932"), ("MS932", "cp932"),
        ("SJIS", "cp932"), ("UTF8", "utf-8"), ("utf-8", "utf-8"), ("US-ASCII", "utf-8"), ("ISO-8859-15", "iso8859-15"),
        ("UTF-16", "utf-16"), ("base64", None), ("rot13", None), ("klingon", None), ("EUC-JP", "euc_jp"),
    ],
)  # fmt: skip
def test_names_as_servers_send_them(declared, name):
    assert python_name(declared) == name


def test_a_declaration_of_cp1252_does_not_garble_utf8(load, lake):
    result = load([order(1, title="Größe 商品")], content_type="text/plain; charset=Cp1252")
    assert rows(lake)[0]["title"] == "Größe 商品"
    assert result.decisions["charset"]["declared"] == "Cp1252"
    assert any("they were read as UTF-8" in w for w in result.warnings)


def test_text_that_was_garbled_before_it_came_stays_as_it_is(load, lake):
    """One cell that happens to be valid UTF-8 does not outweigh the others."""
    load([order(1, title="GrÃ¶ÃŸe"), order(2, title="Größe")], encoding="cp1252", content_type="text/plain; charset=Cp1252")
    assert [r["title"] for r in rows(lake)] == ["GrÃ¶ÃŸe", "Größe"]


def test_half_width_katakana_that_look_like_utf8_stay_japanese(load, lake):
    load([order(1, title="ﾃｱ")], encoding="cp932", content_type="text/plain; charset=Shift_JIS")
    assert rows(lake)[0]["title"] == "ﾃｱ"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp932"])
def test_the_first_odd_byte_after_many_blocks_still_decides_for_all(lake, monkeypatch, encoding):
    small_blocks(monkeypatch, 4096)
    title = "商品" if encoding == "cp932" else "Größe"
    lines = [order(i) for i in range(3000)] + [order(i, title=title) for i in range(3000, 3100)]
    body = "\r\n".join([HEADER, *lines, ""]).encode(encoding)
    marketplace = {"cp932": "JP"}.get(encoding, "DE")
    result = load_document([gzip.compress(body)], make_context(marketplace=marketplace), lake)
    assert result.decisions["charset"]["charset"] == encoding
    assert {r["title"] for r in rows(lake)[3000:]} == {title}


def misleading(first: bytes, rest: str, encoding: str, count: int = 300) -> bytes:
    """A document whose first block beyond ASCII speaks for another charset than all that follows."""
    head = [HEADER.encode(), order(0, title="@@").encode().replace(b"@@", first)]
    return b"\r\n".join(
        [
            *head,
            *(order(i).encode() for i in range(1, 100)),
            *(order(i, title=rest).encode(encoding) for i in range(100, count)),
            b"",
        ]
    )


@pytest.mark.parametrize(
    ("first", "rest", "encoding", "declared"),
    [
        (b"\xff", "Größe 商品", "utf-8", None),
        (b"\xff", "Größe", "utf-8", "UTF-8"),
        ("Größe".encode(), "Größe", "cp1252", None),
        ("Größe".encode(), "Größe", "cp1252", "UTF-8"),
        ("Größe".encode(), "Größe", "cp1252", "Cp1252"),
    ],
)
def test_a_first_block_that_misleads_is_corrected_by_the_whole_document(lake, monkeypatch, first, rest, encoding, declared):
    small_blocks(monkeypatch, 2048)
    content_type = f"text/plain; charset={declared}" if declared else None
    result = load_document([misleading(first, rest, encoding)], make_context(content_type=content_type), lake)
    charset = result.decisions["charset"]
    assert (charset["charset"], charset["weighed"], charset["lines_weighed"]) == (encoding, "all lines beyond ASCII", 201)
    assert {r["title"] for r in rows(lake) if int(r["order_id"]) >= 100} == {rest}
    assert result.datasets["sample"].rows_in == 300


def test_a_broken_line_among_many_does_not_start_anything_over(lake, monkeypatch):
    small_blocks(monkeypatch, 1 << 16)
    lines = [order(i, title="Größe").encode() for i in range(3000)] + [order(3000, title="@").encode().replace(b"@", b"\xff")]
    result = load_document([b"\r\n".join([HEADER.encode(), *lines, b""])], make_context(), lake)
    assert result.quarantined == 1
    assert result.decisions["charset"]["weighed"] == "the first block with bytes beyond ASCII"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32"])
def test_two_and_four_byte_charsets_are_seen_with_and_without_a_mark(load, lake, encoding):
    if encoding == "utf-32":
        assert wide_charset("abc".encode("utf-32-le"), "text/plain; charset=UTF-32") == (
            "utf-32-le",
            "Content-Type declares UTF-32",
        )
    result = load([order(1, title="Größe 商品\U0001f600")], encoding=encoding)
    assert rows(lake)[0]["title"] == "Größe 商品\U0001f600"
    assert result.decisions["charset"]["transcoded_from"].startswith(encoding)


def test_half_a_character_in_utf16_costs_its_line(load, lake):
    body = "\r\n".join([HEADER, order(1), order(2, title="@"), order(3)]).encode("utf-16-le").replace(b"@\0", b"\0\xd8")
    load(body)
    assert [r["order_id"] for r in rows(lake)] == ["1", "3"]
    assert quarantine(lake)[0]["row"] == 2


def test_a_byte_order_mark_that_lies_is_told(load, lake):
    result = load(b"\xef\xbb\xbf" + "\r\n".join([HEADER, order(1, title="Größe")]).encode("cp1252"), marketplace="DE")
    assert rows(lake)[0]["title"] == "Größe"
    assert any("byte order mark" in w for w in result.warnings)


def test_japanese_without_any_hint_is_seen_by_its_letters(load, lake):
    load([order(i, title="キッチン、スポンジ") for i in range(5)], encoding="cp932")
    assert rows(lake)[0]["title"] == "キッチン、スポンジ"


def test_a_charset_that_nothing_shows_is_told(load):
    result = load([order(1, title="Łódź")], encoding="cp1250")
    assert any("Nothing shows the document's charset" in w for w in result.warnings)
