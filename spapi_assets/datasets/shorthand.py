"""The shorthands of registry files: columns taken from another dataset (`like`), and one report per period (`periods`).
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
                "options": {**(base.get("options") or {}), option: values.get(period, period.upper())},
                "window": {**(base.get("window") or {}), "period": period, **own},
                "datasets": datasets,
            }
        )
    return made
