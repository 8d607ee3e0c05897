"""Whether a JSON document is the report that was asked for: its specification, its sections, explanations instead of rows.
Reading the rows is `json_document.py`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from spapi_assets.datasets.model import Report
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.errors import WrongDocument
from spapi_assets.ingest.documents.json_paths import SPECIFICATION


def judge(
    context: DocumentContext,
    found: Collection[str | None],
    expected: Collection[str | None],
    others: Mapping[str, Any],
    warnings: list[str],
) -> None:
    """Raises WrongDocument for an explanation delivered as a report and for the answer to another question."""
    if not found:
        if others:
            text = json.dumps(others, ensure_ascii=False, default=str)[:500]
            context.fail(
                WrongDocument,
                f"Instead of the report's sections the document says: {text}",
                "Amazon delivers explanations of failures in this way: act on the text, then request the report again.",
            )
        warnings.append("The document is empty: it has none of its sections.")
    elif absent := [str(s) for s in expected if s not in found and s is not None]:
        warnings.append(f"Sections that the document does not have, taken as empty: {', '.join(absent)}.")
    specification = others.get(SPECIFICATION)
    if not isinstance(specification, dict):
        if found and isinstance(context.report, Report) and context.report.format != "jsonl":
            warnings.append("The document has no reportSpecification, so it could not be compared with what was asked.")
        return
    differences = list(_differences(context, specification, warnings))
    if differences:
        context.fail(
            WrongDocument,
            f"The document answers another question than was asked: {'; '.join(differences)}",
            "Request the report again; if it repeats, compare the request in the manifest with Amazon's documentation.",
        )


def _differences(context: DocumentContext, specification: Mapping[str, Any], warnings: list[str]) -> Iterable[str]:
    report = context.report
    if (kind := specification.get("reportType")) not in (None, report.report_type):
        yield f"reportType is {kind}, asked was {report.report_type}"
    # A window of whole hours ends with the midnight after its last day.
    after = {context.end + timedelta(days=1)} if report.window.bounds == "hours" else set()
    for key, asked, also in (("dataStartTime", context.start, set()), ("dataEndTime", context.end, after)):
        text = specification.get(key)
        if text is not None and str(text)[:10] not in {day.isoformat() for day in (asked, *also)}:
            yield f"{key} is {text}, asked was {asked}"
    ids = specification.get("marketplaceIds")
    if isinstance(ids, list) and context.marketplace_ids and set(map(str, ids)) != set(context.marketplace_ids):
        yield f"marketplaceIds are {', '.join(map(str, ids))}, asked were {', '.join(context.marketplace_ids)}"
    options = specification.get("reportOptions")
    if not isinstance(options, dict):
        options = {}
    # What was asked stands in the request; the registry's own words may be templates that the request has filled.
    asked_for = {**{k: v for k, v in report.options.items() if "{" not in v}, **context.options}
    for key, value in asked_for.items():
        if key not in options:
            warnings.append(f"The document's reportSpecification does not mention the option {key} = {value} that was asked.")
        elif str(options[key]) != value:
            yield f"option {key} is {options[key]}, asked was {value}"
