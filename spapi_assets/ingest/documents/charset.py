"""Which charset a text document is in, decided once for all of it from evidence, and decoding with it.
Names as Amazon sends them (Cp1252, windows-31j) are mapped here; splitting into lines and cells is not."""

from __future__ import annotations

import codecs
import encodings.cp1252
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from spapi_assets.spapi.marketplaces import Marketplace

_ALIASES = {
    **dict.fromkeys(("cp1252", "windows1252", "ansi", "iso88591", "latin1", "l1"), "cp1252"),
    **dict.fromkeys(("windows31j", "ms932", "cp932", "shiftjis", "sjis", "xsjis", "mskanji", "cswindows31j"), "cp932"),
    **dict.fromkeys(("utf8", "utf8sig", "usascii", "ascii"), "utf-8"),
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_WIDE = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}  # without a mark, Windows' byte order is the likelier one
_FIRST_LINES = 5000
# So many lines that fit to a single one that does not are a document with a broken line, not another charset.
_RULE = 100

# Five bytes are undefined in cp1252. Like browsers do, read them as the control characters of the same number:
# nothing is lost and nothing fails.
_CP1252 = "".join(chr(i) if c == "\ufffe" else c for i, c in enumerate(encodings.cp1252.decoding_table))
# Punctuation, kana and letters of windows-31j.
_JAPANESE = re.compile(rb"\x81[\x40-\x7e\x80-\xac]|[\x82\x83][\x40-\x7e\x80-\xf1]")
_THREE_BYTES = re.compile(rb"[\xe0-\xf4]")


def python_name(declared: str) -> str | None:
    """Python's codec for a charset name out of a Content-Type; None if nobody knows it."""
    key = re.sub(r"[^a-z0-9]", "", declared.lower())
    if key in _ALIASES:
        return _ALIASES[key]
    try:
        name = codecs.lookup(declared).name
        b"A\t\n".decode(name)
    except LookupError:  # unknown, or a codec such as base64 that is no charset
        return None
    except UnicodeDecodeError:
        return name if name.startswith(("utf-16", "utf-32")) else None
    return name


def declared_charset(content_type: str | None) -> str | None:
    match = re.search(r"charset\s*=\s*[\"']?([^\"';\s]+)", content_type or "", re.IGNORECASE)
    return match.group(1) if match else None


def decode(data: bytes, charset: str) -> str:
    """UnicodeDecodeError if the bytes are not valid; cp1252 never fails."""
    if charset == "cp1252":
        return codecs.charmap_decode(data, "strict", _CP1252)[0]  # type: ignore[arg-type]
    return data.decode(charset)


def is_valid(data: bytes, charset: str) -> bool:
    try:
        decode(data, charset)
    except UnicodeDecodeError:
        return False
    return True


def byte_order_mark(head: bytes) -> tuple[bytes, str] | None:
    return next(((bom, name) for bom, name in _BOMS if head.startswith(bom)), None)


def wide_charset(head: bytes, content_type: str | None) -> tuple[str, str] | None:
    """A charset of two or four bytes a character that has no byte order mark, and its evidence: it cannot be split at bytes."""
    zeros = tuple(byte == 0 for byte in head[:4])
    for pattern, likely in (((False, True) * 2, "utf-16-le"), ((True, False) * 2, "utf-16-be")):
        if zeros == pattern:
            return likely, "every second byte is zero"
    declared = declared_charset(content_type)
    name = python_name(declared) if declared else None
    if name and name.startswith(("utf-16", "utf-32")) and b"\0" in head:
        return _WIDE.get(name, name), f"Content-Type declares {declared}"
    return None


def from_utf16(chunks: Iterable[bytes], charset: str) -> Iterator[bytes]:
    """UTF-16 or UTF-32 as UTF-8, so that lines can be split at bytes. What is no character becomes bytes that are not valid
    UTF-8 either, so that its line is noticed."""
    decoder = codecs.getincrementaldecoder(charset)("surrogatepass")
    for chunk in chunks:
        if text := decoder.decode(chunk):
            yield text.encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:
        yield b"\xff"  # half a character at the end


class Doubted(Exception):
    """Later bytes do not fit the charset that the first ones beyond ASCII showed: weigh the whole document, read it again."""


@dataclass
class Weights:
    """How many lines beyond ASCII are valid in each candidate."""

    candidates: tuple[str, ...]
    lines: int = 0
    long_sequences: int = 0
    """Lines valid in UTF-8 with sequences of three bytes or more: text in another charset never looks so by chance."""
    japanese: int = 0
    valid: dict[str, int] = field(default_factory=dict)
    whole: bool = False

    def add(self, lines: Iterable[bytes]) -> None:
        several = list(lines)
        together = b"\n".join(several)
        self.lines += len(several)
        if _JAPANESE.search(together):
            self.japanese += sum(_JAPANESE.search(line) is not None for line in several)
        for charset in self.candidates:
            # In these, lines are valid together only if each is.
            if charset in ("utf-8", "cp932", "cp1252") and is_valid(together, charset):
                valid = several
            else:
                valid = [line for line in several if is_valid(line, charset)]
            self.valid[charset] = self.valid.get(charset, 0) + len(valid)
            if charset == "utf-8" and _THREE_BYTES.search(together):
                self.long_sequences += sum(_THREE_BYTES.search(line) is not None for line in valid)

    def of(self, charset: str) -> int:
        return self.valid.get(charset, 0)


class CharsetDecision:
    """Waits for the first byte beyond ASCII: until then all candidates agree, so nothing has to be decided.

    Order of evidence: byte order mark; what the response declared, unless most lines contradict it or all are UTF-8; valid
    UTF-8; what the marketplace's localised files usually are; cp1252. The first block with such bytes decides. Where a later
    one contradicts it, Doubted is raised: the caller weighs all lines (`weigh`) and reads again with that one decision.
    """

    def __init__(
        self, content_type: str | None, marketplaces: Sequence[Marketplace], whole: Weights | None = None, mark: str | None = None
    ) -> None:
        self.declared = declared_charset(content_type)
        self.marketplaces = marketplaces
        self.charset: str | None = None
        self.evidence = f"byte order mark of {mark}" if mark else "every byte is ASCII"
        self.warnings: list[str] = []
        self._mark = mark
        self._name = python_name(self.declared) if self.declared else None
        if self._name and self._name.startswith(("utf-16", "utf-32")):
            self._name = None  # it would have been seen in the first bytes
        self._priors = {m.charset for m in marketplaces} - {"utf-8"}
        self._weights = whole
        self._slips = 0
        self._original: str | None = None
        if whole is not None and whole.lines:
            self._decide(whole)

    def transcoded(self, name: str, evidence: str) -> None:
        """The document is in UTF-16 or UTF-32 and reaches its reader as UTF-8."""
        self._settle("utf-8", evidence)
        self._weights = Weights((), whole=True)
        self._original = name

    def weights(self) -> Weights:
        """Empty weights of this document's candidates."""
        return Weights(tuple(dict.fromkeys(c for c in ("utf-8", self._name, "cp932") if c)))

    def of(self, block: bytes) -> str:
        """The charset for this block of whole lines."""
        if block.isascii():
            return self.charset or "utf-8"
        if self.charset is None:
            weights = self.weights()
            weights.add([line for line in block.split(b"\n") if not line.isascii()][:_FIRST_LINES])
            self._decide(weights)
        else:
            self._doubt(block)
        assert self.charset is not None
        return self.charset

    def _doubt(self, block: bytes) -> None:
        weights = self._weights
        if weights is None or weights.whole:
            return
        fits = is_valid(block, "utf-8")
        if (self.charset == "utf-8") == fits:
            return
        lines = (line for line in block.split(b"\n") if not line.isascii())
        if fits:  # decided against UTF-8, and here is nothing else
            self._slips += sum(1 for _ in lines)
            proof = weights.lines - weights.of("utf-8")
        else:
            self._slips += sum(not is_valid(line, "utf-8") for line in lines)
            proof = weights.of("utf-8")
        if self._slips * _RULE > proof:
            raise Doubted

    def _settle(self, charset: str, evidence: str) -> None:
        self.charset, self.evidence = charset, evidence

    def _decide(self, weights: Weights) -> None:
        self._weights = weights
        lines, in_utf8 = weights.lines, weights.of("utf-8")
        which = f"all {lines} lines" if weights.whole else f"the first {lines} lines"
        half = lines / 2
        if self._mark and in_utf8 > half:
            return self._settle("utf-8", f"byte order mark of {self._mark}")
        if self._mark:
            self.warnings.append(f"The byte order mark is that of {self._mark}, but most lines beyond ASCII do not fit it.")
        if self.declared and self._name is None:
            self.warnings.append(
                f"The response declared the charset {self.declared!r}, which is unknown or cannot be; other evidence decided."
            )
        elif self._name and weights.of(self._name) > half:
            if self._name == "utf-8" or not self._is_surely_utf8(weights):
                return self._settle(self._name, f"Content-Type declares {self.declared}")
            self.warnings.append(
                f"The response declared {self.declared}, but of {which} beyond ASCII all are valid UTF-8, which text in"
                f" {self.declared} is not by chance; they were read as UTF-8."
            )
        elif self._name:
            self.warnings.append(
                f"The response declared {self.declared}, but {lines - weights.of(self._name)} of {which} beyond ASCII are not"
                " valid in it; other evidence decided."
            )
        if in_utf8 > half:
            return self._settle("utf-8", f"{in_utf8} of {which} beyond ASCII are valid UTF-8")
        in_cp932 = weights.of("cp932")
        if "cp932" in self._priors and in_cp932 > half:
            return self._settle("cp932", "not UTF-8, valid windows-31j, and the marketplace is Japan")
        if "cp1252" in self._priors:
            codes = ", ".join(m.code for m in self.marketplaces)
            return self._settle("cp1252", f"not UTF-8; localised files of {codes} usually are Cp1252")
        if in_cp932 > half and weights.japanese > half:
            return self._settle("cp932", f"not UTF-8; {in_cp932} of {which} beyond ASCII are Japanese in windows-31j")
        self.warnings.append("Nothing shows the document's charset except that it is not UTF-8; it was read as Cp1252.")
        return self._settle("cp1252", "not UTF-8, and nothing else is known")

    def _is_surely_utf8(self, weights: Weights) -> bool:
        """All lines are valid UTF-8 although another was declared. In a Japanese charset two bytes may look so by chance."""
        return weights.of("utf-8") == weights.lines and (self._name == "cp1252" or weights.long_sequences > 0)

    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = {"charset": self.charset or "utf-8", "declared": self.declared, "evidence": self.evidence}
        if self._original:
            found["transcoded_from"] = self._original
        elif self._weights is not None:
            found["weighed"] = "all lines beyond ASCII" if self._weights.whole else "the first block with bytes beyond ASCII"
            found["lines_weighed"] = self._weights.lines
        return found


def weigh(chunks: Iterable[bytes], decision: CharsetDecision) -> Weights:
    """The weights of a whole document (plain bytes). Lines are counted in bounded memory: a very long one is counted in parts."""
    weights = decision.weights()
    weights.whole = True
    rest = b""
    for chunk in chunks:
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        weights.add(line for line in lines if not line.isascii())
        if len(rest) > 1 << 24:
            cut = max(rest.rfind(b"<"), rest.rfind(b"\r"), rest.rfind(b"\t"), 0) or len(rest)
            weights.add([rest[:cut]] if not rest[:cut].isascii() else [])
            rest = rest[cut:]
    weights.add([rest] if not rest.isascii() else [])
    return weights
