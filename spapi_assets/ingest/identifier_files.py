"""Files of identifiers that a person writes or exports: CSV in, checked line by line, and CSV out. Pure, no AWS.
What is done with them (import, forget, list) is `cli/identifiers.py`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from unicodedata import category

from spapi_assets.aws.identifiers import Identifier, fits
from spapi_assets.settings import Account
from spapi_assets.spapi.marketplaces import BY_ID, MARKETPLACES

# A seller id is not imported: it is the account's, in the accounts file.
_FORMS = {
    "asin": (re.compile(r"[A-Z0-9]{10}"), "an ASIN is ten letters and digits"),
    "fnsku": (re.compile(r"[A-Z0-9]{10}"), "an FNSKU is ten letters and digits"),
    "order_id": (re.compile(r"\d{3}-\d{7}-\d{7}"), "an order id looks like 123-1234567-1234567"),
    "sku": (None, ""),
}
IMPORTED = tuple(_FORMS)
_WITHOUT_STORE = ("order_id",)
_OWN = ("account", "marketplace", "kind", "identifier")
_EXPORTED = ("listed", "missing_since", "first_seen", "last_seen", "sources")
_DELIMITERS = (",", ";", "\t")
_AS_FORMULA = re.compile(r'="(.*)"')  # how spreadsheets are told to keep leading zeros

Key = tuple[str, str, str | None]  # kind, account, marketplace code


class IdentifierFileError(ValueError):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass
class Parsed:
    """What a file names: identifiers by kind, account and marketplace in the file's order, and the lines that cannot be used."""

    found: dict[Key, list[str]] = field(default_factory=dict)
    bad: list[tuple[int, str]] = field(default_factory=list)
    duplicates: int = 0


@dataclass(frozen=True)
class Defaults:
    """What holds for lines that do not say it themselves; None: they must, unless there is only one possibility."""

    account: str | None = None
    marketplace: str | None = None
    kind: str | None = None


class _BadLine(ValueError):
    """Why a line cannot be used."""


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8 with or without a mark, or UTF-16 with one, as spreadsheets save it."""
    try:
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise IdentifierFileError(
            f"The file is not UTF-8 ({error.reason} at byte {error.start}). Save it as CSV UTF-8."
        ) from error


def parse(text: str, accounts: Sequence[Account], defaults: Defaults) -> Parsed:
    """Identifiers of a CSV: columns account, marketplace, kind, identifier by name, or one column without a header.

    A column may also be named by its kind (`asin`, `sku`). Comma, semicolon or tab separate. Every line that cannot be used is in
    `bad` with its number and the reason; the others are trimmed, and named once. Raises IdentifierFileError.
    """
    names, rows = _table(text)
    parsed, seen, known = Parsed(), set(), {account.name: account for account in accounts}
    for line, cells in rows:
        try:
            key, value = _one(names, cells, known, defaults)
        except _BadLine as error:
            parsed.bad.append((line, str(error)))
            continue
        if (key, value) in seen:
            parsed.duplicates += 1
        else:
            seen.add((key, value))
            parsed.found.setdefault(key, []).append(value)
    return parsed


def _table(text: str) -> tuple[Sequence[str] | None, Iterator[tuple[int, list[str] | csv.Error]]]:
    """The header's names (None: there is none), and the other lines that are not blank, with their numbers."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    names = [cell.strip().lower().replace(" ", "_") for cell in next(csv.reader([first], delimiter=delimiter), [])]
    unknown = [n for n in names if n not in (*_OWN, *IMPORTED, *_EXPORTED)]
    # A line that only says `asin` somewhere is a line without a header above it; one that says `account`, too, is a header.
    header = "identifier" in names or bool({*names} & {*IMPORTED} and (not unknown or {*names} & {*_OWN}))
    if header:
        if unknown:
            raise IdentifierFileError(f"Column {unknown[0]!r} is unknown; known columns: {', '.join((*_OWN, *IMPORTED))}.")
        if len({*names}) < len(names) or len({*names} & {"identifier", *IMPORTED}) > 1:
            raise IdentifierFileError(
                "Only one column may hold identifiers, named `identifier` or by its kind, and no name may stand twice."
            )
    return (names if header else None), _rows(text, delimiter, skip=header)


def _rows(text: str, delimiter: str, *, skip: bool) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Lines that are not blank, each with the number it begins at; `skip`: without the first of them."""
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
    while True:
        try:
            cells: list[str] | csv.Error | None = next(reader, None)
        except csv.Error as error:
            cells = error
        if cells is None:
            return
        if isinstance(cells, csv.Error) or any(cell.strip() for cell in cells):
            if not skip:
                yield line, cells
            skip = False
        line = reader.line_num + 1


def _one(
    names: Sequence[str] | None, cells: list[str] | csv.Error, known: dict[str, Account], defaults: Defaults
) -> tuple[Key, str]:
    if isinstance(cells, csv.Error):
        raise _BadLine(f"it is not CSV ({cells}); is a quotation mark missing?")
    if names is None:
        if len(cells) > 1:
            raise _BadLine(
                f"it has {len(cells)} columns, and no header names them; begin the file with "
                f"`{','.join(_OWN)}`, or put a value that holds a separator in quotation marks"
            )
        row = {"identifier": cells[0]}
    else:
        if len(cells) > len(names):
            raise _BadLine(f"it has {len(cells)} columns, the header {len(names)}")
        row = {name: cell.strip() for name, cell in zip_longest(names, cells, fillvalue="")}
    of_kind = next((name for name in row if name in IMPORTED), None)
    kind = (of_kind or row.get("kind") or defaults.kind or "").lower()
    if kind not in _FORMS:
        told = f"{kind!r} is no kind" if kind else "it names no kind"
        raise _BadLine(f"{told}; kinds: {', '.join(IMPORTED)}")
    account = _account(row.get("account") or defaults.account, known)
    place = None if kind in _WITHOUT_STORE else _marketplace(row.get("marketplace") or defaults.marketplace, account)
    return (kind, account.name, place), _value(kind, row.get(of_kind or "identifier", ""))


def _account(name: str | None, known: dict[str, Account]) -> Account:
    if not name and len(known) == 1:
        return next(iter(known.values()))
    if not name or name not in known:
        raise _BadLine(f"{f'account {name!r} is unknown' if name else 'it names no account'}; accounts: {', '.join(known)}")
    return known[name]


def _marketplace(name: str | None, account: Account) -> str:
    if not name and len(account.marketplaces) == 1:
        return account.marketplaces[0]
    place = (name and (BY_ID.get(name) or MARKETPLACES.get(name.upper()))) or None
    if place is None or place.code not in account.marketplaces:
        told = f"marketplace {name!r} is not one of account {account.name}" if name else "it names no marketplace"
        raise _BadLine(f"{told}; {account.name} has {', '.join(account.marketplaces)}")
    return place.code


def _value(kind: str, text: str) -> str:
    form, words = _FORMS[kind]
    formula = _AS_FORMULA.fullmatch(text.strip())
    value = (formula[1] if formula else text).strip()
    if form is not None and value.isascii():
        value = value.upper()
    if not value:
        raise _BadLine("the identifier is blank")
    if not fits(value) or any(category(character) == "Cc" for character in value):
        raise _BadLine("the identifier is longer than 1024 bytes, or holds a line break or broken text")
    if form is not None and not form.fullmatch(value):
        raise _BadLine(f"{value[:60]!r}: {words}")
    return value


def exported(account: str, marketplace: str | None, kind: str, found: Iterable[Identifier]) -> Iterator[list[str]]:
    """Identifiers as lines of a file that can be imported again; `HEADER` is its first."""
    for one in found:
        listed = "" if one.listed is None else str(one.listed).lower()
        since = one.missing_since.isoformat() if one.missing_since else ""
        days = (one.first_seen.isoformat(), one.last_seen.isoformat())
        yield [account, marketplace or "", kind, one.value, listed, since, *days, " ".join(sorted(one.sources))]


HEADER = [*_OWN, *_EXPORTED]
