"""Amazon's flat files as bytes: tab-separated without quoting (quotes are data), or comma-separated with it; CRLF.
Characters that the charset lacks become `?`, as they do at Amazon."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from ..business.marketplaces import Marketplace
from .model import Document


def flat_file(header: Sequence[str], rows: Iterable[Sequence[str]], marketplace: Marketplace) -> Document:
    """A document of the rows under the header, in the marketplace's charset."""
    lines = ["\t".join(header)]
    lines += ["\t".join(row) for row in rows]
    text = "\r\n".join(lines) + "\r\n"
    return Document(text.encode(marketplace.codec, errors="replace"), f"text/plain; charset={marketplace.charset}")


Cells = Mapping[str, str | int]


def named_file(header: Sequence[str], rows: Iterable[Cells], marketplace: Marketplace, names: Sequence[str] = ()) -> Document:
    """A document of rows by column name; what a row does not name is blank. `names` are printed instead of the header's."""
    return flat_file(names or header, _ordered(header, rows), marketplace)


def unicode_file(header: Sequence[str], rows: Iterable[Cells]) -> Document:
    """A tab-separated document that is UTF-8 in every store."""
    lines = ["\t".join(header), *("\t".join(row) for row in _ordered(header, rows))]
    return Document(("\r\n".join(lines) + "\r\n").encode("utf-8"), "text/plain; charset=UTF-8")


def csv_file(header: Sequence[str], rows: Iterable[Cells]) -> Document:
    """A comma-separated document in UTF-8, every value in quotes."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(_ordered(header, rows))
    return Document(text.getvalue().encode("utf-8"), "text/csv; charset=UTF-8")


def _ordered(header: Sequence[str], rows: Iterable[Cells]) -> Iterable[list[str]]:
    known = set(header)
    for row in rows:
        if not known.issuperset(row):
            raise KeyError(f"the report has no column {', '.join(sorted(set(row) - known))}")
        yield [str(row.get(name, "")) for name in header]


def number(value: float, places: int) -> str:
    """A number with exactly so many decimal places and a decimal point."""
    return f"{value:.{places}f}"


def money(amount: int, digits: int, decimal: str = ".") -> str:
    """Minor units as a decimal number without thousands separators."""
    if digits == 0:
        return str(amount)
    whole, part = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{whole}{decimal}{part:0{digits}d}"


def iso(instant: float) -> str:
    """An instant as the order reports print it: `2026-11-01T12:00:00+00:00`."""
    return datetime.fromtimestamp(instant, tz=UTC).isoformat(timespec="seconds")
