"""Amazon's flat files as bytes: tab-separated, CRLF, no quoting (quotes are data), in the store's charset.
Characters that the charset lacks become `?`, as they do at Amazon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from ..business.marketplaces import Marketplace
from .model import Document


def flat_file(header: Sequence[str], rows: Iterable[Sequence[str]], marketplace: Marketplace) -> Document:
    """A document of the rows under the header, in the marketplace's charset."""
    lines = ["\t".join(header)]
    lines += ["\t".join(row) for row in rows]
    text = "\r\n".join(lines) + "\r\n"
    return Document(text.encode(marketplace.codec, errors="replace"), f"text/plain; charset={marketplace.charset}")


def money(amount: int, digits: int, decimal: str = ".") -> str:
    """Minor units as a decimal number without thousands separators."""
    if digits == 0:
        return str(amount)
    whole, part = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{whole}{decimal}{part:0{digits}d}"


def iso(instant: float) -> str:
    """An instant as the order reports print it: `2026-11-01T12:00:00+00:00`."""
    return datetime.fromtimestamp(instant, tz=UTC).isoformat(timespec="seconds")
