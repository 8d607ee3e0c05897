"""The shorthands of registry files: columns of another dataset (`like`), one report per period, sections of an API's answer.
Plain mappings in and out, before they are validated; the files are read by `loader.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SUFFIXES = {"day": "", "week": "_weekly", "month": "_monthly", "quarter": "_quarterly", "year": "_yearly"}
_WORDS = {"day": "", "week": " by week", "month": " by month", "quarter": " by quarter", "year": " by year"}

_OF_REPORT = ("schedule", "freshness_hours")


class ShorthandError(ValueError):
    """A shorthand names something that is not there."""


def with_columns_of(
    dataset: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], seen: tuple[str, ...] = ()
) -> dict[str, Any]:
    """`like: other` starts from the other dataset's columns, less `without`; own columns replace those of their name or follow.

    Siblings of a report (active, inactive, cancelled listings) differ in a few columns only: aliases and meanings stand once.
    """
    own = dict(dataset)
    other, without = own.pop("like", None), own.pop("without", ())
    if other is None:
        return own
    if other not in known or other in seen:
        raise ShorthandError(f"dataset {own.get('name')}: `like` names {other!r}, which is not another dataset of the registry")
    inherited = {c["name"]: c for c in with_columns_of(known[other], known, (*seen, str(own.get("name"))))["columns"]}
    if absent := sorted(set(without) - set(inherited)):
        raise ShorthandError(f"dataset {own.get('name')}: `without` names {absent}, which {other!r} does not have")
    columns = {name: c for name, c in inherited.items() if name not in without}
    columns |= {c["name"]: c for c in own.get("columns") or ()}
    return {**own, "columns": list(columns.values())}


READ_AT = {
    "name": "read_at",
    "path": "/fetched_at",
    "type": "timestamp",
    "description": "When Amazon answered, in UTC: the newest row of a key is how things stand.",
}


def in_pages(source: Mapping[str, Any]) -> dict[str, Any]:
    """The datasets of an API as they lie in its documents: `pages`, each with the answer under `response`.

    A section is written relative to the answer (None: the answer itself), or with a leading `/` relative to the page; every
    dataset gets the column `read_at`.
    """
    datasets = []
    for dataset in source.get("datasets") or ():
        section = str(dataset.get("section") or "")
        inside = section[1:] if section.startswith("/") else f"response.{section}".rstrip(".")
        columns = list(dataset.get("columns") or ())
        if all(c.get("name") != READ_AT["name"] for c in columns if isinstance(c, Mapping)):
            columns.append(READ_AT)
        datasets.append({**dataset, "section": f"pages.{inside}", "columns": columns})
    return {**source, "datasets": datasets}


def in_lines(report: Mapping[str, Any]) -> dict[str, Any]:
    """The datasets of a JSONL report as they lie in its documents: a section is written below a line (None: the line itself)."""
    datasets = [{**d, "section": f"lines.{d.get('section') or ''}".rstrip(".")} for d in report.get("datasets") or ()]
    return {**report, "datasets": datasets}


def by_period(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`periods` makes one report of each period: names with a suffix, the period's option, and its own facts of the window.

    `schedule` and `freshness_hours` may stand among a period's facts, too: a month is not as fresh as a day. `default` holds for
    the first period only: the others are switched on by name or family.
    """
    base = dict(report)
    periods, option, values = base.pop("periods", None), base.pop("period_option", None), base.pop("period_values", {})
    if periods is None:
        return [base]
    if option is None or not isinstance(periods, Mapping):
        raise ShorthandError("`periods` maps each period to its window's own facts, and needs `period_option`")
    if unknown := sorted(set(periods) - set(_SUFFIXES)):
        raise ShorthandError(f"`periods` names {unknown}; there are {', '.join(_SUFFIXES)}")
    made = []
    for number, (period, facts) in enumerate(periods.items()):
        own = dict(facts or {})
        suffix = _SUFFIXES[period]
        datasets = [
            {**d, "name": f"{d.get('name')}{suffix}", "title": f"{d.get('title')}{_WORDS[period]}"}
            for d in base.get("datasets") or ()
        ]
        made.append(
            {
                **base,
                "default": bool(base.get("default")) and number == 0,
                **{name: own.pop(name) for name in _OF_REPORT if name in own},
                "name": f"{base.get('name')}{suffix}",
                "title": f"{base.get('title')}{_WORDS[period]}",
                **({"stands_in_for": f"{base['stands_in_for']}{suffix}"} if base.get("stands_in_for") else {}),
                "options": {**(base.get("options") or {}), option: values.get(period, period.upper())},
                "window": {**(base.get("window") or {}), "period": period, **own},
                "datasets": datasets,
            }
        )
    return made
