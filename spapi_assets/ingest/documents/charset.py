"""Which charset a flat file is in, decided once from evidence, and decoding with it.
Names as Amazon sends them (Cp1252, windows-31j) are mapped here; splitting into lines and cells is not."""

from __future__ import annotations

import codecs
import encodings.cp1252
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from spapi_assets.spapi.marketplaces import Marketplace

_ALIASES = {
    **dict.fromkeys(("cp1252", "windows1252", "ansi", "iso88591", "latin1", "l1"), "cp1252"),
    **dict.fromkeys(("windows31j", "ms932", "cp932", "shiftjis", "sjis", "xsjis", "mskanji", "cswindows31j"), "cp932"),
    **dict.fromkeys(("utf8", "utf8sig", "usascii", "ascii"), "utf-8"),
}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

# Five bytes are undefined in cp1252. Like browsers do, read them as the control characters of the same number:
# nothing is lost and nothing fails.
_CP1252 = "".join(chr(i) if c == "\ufffe" else c for i, c in enumerate(encodings.cp1252.decoding_table))


def python_name(declared: str) -> str | None:
    """Python's codec for a charset name out of a Content-Type; None if nobody knows it."""
    key = re.sub(r"[^a-z0-9]", "", declared.lower())
    if key in _ALIASES:
        return _ALIASES[key]
    try:
        return codecs.lookup(declared).name
    except LookupError:
        return None


def declared_charset(content_type: str | None) -> str | None:
    match = re.search(r"charset\s*=\s*[\"']?([^\"';\s]+)", content_type or "", re.IGNORECASE)
    return match.group(1) if match else None


def decode(data: bytes, charset: str) -> str:
    """UnicodeDecodeError if the bytes are not valid; cp1252 never fails."""
    if charset == "cp1252":
        return codecs.charmap_decode(data, "strict", _CP1252)[0]  # type: ignore[arg-type]
    return data.decode(charset)


def byte_order_mark(head: bytes) -> tuple[bytes, str] | None:
    return next(((bom, name) for bom, name in _BOMS if head.startswith(bom)), None)


def from_utf16(chunks: Iterable[bytes], charset: str) -> Iterator[bytes]:
    """UTF-16 (known by its byte order mark) as UTF-8, so that lines can be split on bytes."""
    decoder = codecs.getincrementaldecoder(charset)("replace")
    for chunk in chunks:
        if text := decoder.decode(chunk):
            yield text.encode("utf-8", "replace")
    if text := decoder.decode(b"", True):
        yield text.encode()


class CharsetDecision:
    """Waits for the first byte beyond ASCII: until then all candidates agree, so nothing has to be decided.

    Order of evidence: byte order mark; the charset the response declared, unless most lines contradict it; valid
    UTF-8; what the marketplace's localised files usually are; cp1252.
    """

    def __init__(self, content_type: str | None, marketplaces: Sequence[Marketplace]) -> None:
        self.declared = declared_charset(content_type)
        self.marketplaces = marketplaces
        self.charset: str | None = None
        self.evidence = "every byte is ASCII"
        self.warnings: list[str] = []

    def settle(self, charset: str, evidence: str) -> str:
        self.charset, self.evidence = charset, evidence
        return charset

    def of(self, block: bytes) -> str:
        """The charset for this block of whole lines."""
        if self.charset is not None:
            return self.charset
        if block.isascii():
            return "utf-8"
        return self._decide([line for line in block.split(b"\n") if not line.isascii()][:5000])

    def _decide(self, lines: list[bytes]) -> str:
        def valid(charset: str) -> int:
            return sum(_is_valid(line, charset) for line in lines)

        half = len(lines) / 2
        if self.declared:
            name = python_name(self.declared)
            if name is None:
                self.warnings.append(
                    f"The response declared the charset {self.declared!r}, which is unknown; other evidence decided."
                )
            elif valid(name) > half:
                if name == "cp1252" and valid("utf-8") == len(lines):
                    self.warnings.append(
                        "The response declared Cp1252, but the bytes are also valid UTF-8; the declaration was followed."
                    )
                return self.settle(name, f"Content-Type declares {self.declared}")
            else:
                self.warnings.append(
                    f"The response declared {self.declared}, but {len(lines) - valid(name)} of the first {len(lines)} lines"
                    " beyond ASCII are not valid in it; other evidence decided."
                )
        in_utf8 = valid("utf-8")
        if in_utf8 > half:
            return self.settle("utf-8", f"{in_utf8} of the first {len(lines)} lines beyond ASCII are valid UTF-8")
        priors = {m.charset for m in self.marketplaces} - {"utf-8"}
        if "cp932" in priors and valid("cp932") > half:
            return self.settle("cp932", "not UTF-8, valid windows-31j, and the marketplace is Japan")
        if "cp1252" in priors:
            codes = ", ".join(m.code for m in self.marketplaces)
            return self.settle("cp1252", f"not UTF-8; localised files of {codes} usually are Cp1252")
        return self.settle("cp1252", "not UTF-8, and nothing else is known")

    def record(self) -> dict[str, Any]:
        return {"charset": self.charset or "utf-8", "declared": self.declared, "evidence": self.evidence}


def _is_valid(data: bytes, charset: str) -> bool:
    try:
        decode(data, charset)
    except UnicodeDecodeError:
        return False
    return True
