"""The decisions that are made once for a flat file, from its header and leading rows: columns, locale, time zones.
Each is recorded with its evidence; reading the rows is `tsv.py` and `csv_document.py`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from spapi_assets.datasets.model import ColumnType, Dataset, DayOf
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.days import Days
from spapi_assets.ingest.documents.dialect import Dialect
from spapi_assets.ingest.documents.errors import UnreadableDocument, WrongDocument
from spapi_assets.ingest.documents.findings import Findings
from spapi_assets.ingest.documents.flatfile import FlatReader, direct_types
from spapi_assets.ingest.documents.header import HeaderPlan, match_header
from spapi_assets.ingest.documents.locale import Locale, decide_locale

SAMPLE_LINES = 2000
# Either no time at all, or one whose zone is named: nothing to assume.
_ZONED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})")
# Long lines: so many bytes are waited for at most, until there are SAMPLE_LINES of them.
SAMPLE_BYTES = 8 << 20


def reader_for(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    context: DocumentContext,
    decisions: dict[str, Any],
    warnings: list[str],
    findings: Findings,
    *,
    dialect: Dialect,
    swapped: bool = False,
    dataset: Dataset | None = None,
) -> FlatReader:
    """Decides everything but the charset, records it, and returns what reads the rows accordingly. `dataset`: of a workbook,
    which may feed several."""
    dataset = dataset or context.report.datasets[0]
    leading = list(islice(rows, SAMPLE_LINES))
    plan = plan_columns(_without_blank_end(headers, leading), dataset, context, warnings, leading)
    samples = leading_values(leading, plan)
    locale = locale_of(dataset, samples, context, findings)
    decisions["header"] = plan.record()
    decisions["locale"] = {**locale.evidence, **zone_record(dataset, samples, locale, warnings)}
    return FlatReader(
        plan,
        locale,
        Days(dataset, context),
        repetitive=repetitive_columns(leading, plan),
        direct=direct_types([f.column for f in plan.fields if f.known], samples, locale),
        swapped=swapped,
        dialect=dialect,
    )


def _without_blank_end(headers: Sequence[str], leading: Sequence[Sequence[str]]) -> Sequence[str]:
    """A delimiter at the end of the header names no column, unless the leading rows have values below it."""
    width = len(headers)
    while width > 1 and not headers[width - 1].strip():
        width -= 1
    return headers if any(any(cells[width:]) for cells in leading) else headers[:width]


def plan_columns(
    headers: Sequence[str],
    dataset: Dataset,
    context: DocumentContext,
    warnings: list[str],
    leading: Sequence[Sequence[str]] = (),
) -> HeaderPlan:
    header = " ".join(headers).strip()
    plan = match_header(headers, dataset, context.dropped(dataset))
    if plan.known == 0:
        text = " ".join([header, *(" ".join(cells).strip() for cells in leading[:20])])
        context.fail(
            WrongDocument,
            f"The document has none of the columns of {dataset.name}; it begins: {text[:300]!r}",
            "If this is Amazon's explanation of an error, act on it; if it is a header in another language, add its spellings as"
            " aliases to the registry and replay.",
        )
    if dataset.day_of in (DayOf.COLUMN, DayOf.DOCUMENT) and dataset.column(dataset.date_column or "") in plan.missing:
        context.fail(
            UnreadableDocument,
            f"The document has no column {dataset.date_column!r}, which decides the day of {dataset.name};"
            f" its header is {header[:300]!r}",
            "Add the header's spelling as an alias to the registry and replay the archived document.",
        )
    if plan.unknown:
        warnings.append(f"Columns that the registry does not know, kept as text: {', '.join(plan.unknown)}.")
    if plan.missing:
        warnings.append(f"Columns that the document does not have, left null: {', '.join(c.name for c in plan.missing)}.")
    return plan


def repetitive_columns(rows: Sequence[Sequence[str]], plan: HeaderPlan) -> list[str]:
    """Text columns with few distinct leading values. A matter of speed only: the lake holds plain text either way."""
    names = []
    for field, cells in zip(plan.fields, _whole_columns(rows, plan), strict=False):
        if field.column.type is ColumnType.TEXT:
            distinct, present = set(cells) - {""}, len(cells) - cells.count("")
            # Few in number, too: each row group carries the dictionary of all its neighbours.
            if len(distinct) <= min(100, present // 8):
                names.append(field.name)
    return names


def leading_values(rows: Sequence[Sequence[str]], plan: HeaderPlan) -> dict[str, list[str]]:
    """Leading values of the typed columns, blanks left out."""
    samples: dict[str, list[str]] = {f.name: [] for f in plan.fields if f.known and f.column.type is not ColumnType.TEXT}
    for field, cells in zip(plan.fields, _whole_columns(rows, plan), strict=False):
        if field.name in samples:
            samples[field.name] = [value for cell in cells if (value := cell.strip())]
    return samples


def _whole_columns(rows: Sequence[Sequence[str]], plan: HeaderPlan) -> list[tuple[str, ...]]:
    """The columns of the rows that are neither short nor long; none without such rows."""
    width = len(plan.fields)
    return list(zip(*(cells for cells in rows if len(cells) == width), strict=True))


def locale_of(
    dataset: Dataset,
    samples: Mapping[str, list[str]],
    context: DocumentContext,
    findings: Findings,
    *,
    localised: Collection[str] | None = None,
) -> Locale:
    """Decided from the leading values and from those that contradicted an earlier reading. `localised` stands in for a registry
    entry that does not say."""

    def of(met: Mapping[str, list[str]], *types: ColumnType) -> dict[str, list[str]]:
        names = [c.name for c in dataset.columns if c.type in types]
        return {name: [*samples.get(name, ()), *met.get(name, ())] for name in names}

    return decide_locale(
        of(findings.numbers, ColumnType.DECIMAL, ColumnType.INTEGER),
        of(findings.dates, ColumnType.DATE, ColumnType.TIMESTAMP),
        context.marketplaces,
        localised=localised if context.report.localised is None else context.report.localised,
        date_order=context.report.date_order,
    )


def zone_record(dataset: Dataset, samples: Mapping[str, list[str]], locale: Locale, warnings: list[str]) -> dict[str, Any]:
    bare: list[str] = []
    for column in dataset.columns:
        if column.type is ColumnType.TIMESTAMP:
            for text in samples.get(column.name, [])[:50]:
                if _ZONED.fullmatch(text):
                    continue
                try:
                    if not locale.of(column.name).moment(text)[1]:
                        bare.append(column.name)
                        break
                except ValueError:
                    continue
    if not bare:
        return {}
    warnings.append(f"Times without a time zone were read as UTC in: {', '.join(bare)}.")
    return {"utc_assumed": bare}
