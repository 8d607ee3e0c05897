"""The GraphQL text of a Data Kiosk query, built from the registry: what the columns need is selected, options are arguments.
Pure; sending it is `spapi/data_kiosk.py`, and whether it fits Amazon's schema is proved by tests against that schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from spapi_assets.datasets.model import ColumnType, Dataset, Report
from spapi_assets.ingest.documents.json_lines import LINES
from spapi_assets.settings import Account
from spapi_assets.spapi.data_kiosk import normalised
from spapi_assets.spapi.marketplaces import MARKETPLACES

_UP = "../"


def query_text(report: Report, options: Mapping[str, str], start: date, end: date, account: Account) -> str:
    """The query for these days (inclusive). The same request gives the same text in every process: Amazon echoes only that."""
    root, field = report.report_type.split(".")
    given = {name: _of_account(value, account) for name, value in options.items()}
    given |= {"startDate": f'"{start}"', "endDate": f'"{end}"'}
    arguments = " ".join(f"{name}:{given[name]}" for name in sorted(given))
    return normalised(f"query{{{root}{{{field}({arguments}){_written(selection(report))}}}}}")


def selection(report: Report) -> dict[str, Any]:
    """The fields of one row as a tree, leaves empty: every column's path, and what columns that keep JSON hold."""
    assert report.query is not None
    tree: dict[str, Any] = {}
    for path in sorted({*_paths(report), *report.query.select}):
        node = tree
        for step in path.split("."):
            node = node.setdefault(step, {})
    return tree


def _paths(report: Report) -> Iterator[str]:
    """Where each column's value lies below a line. A column of JSON is a list of objects: its leaves are in `query.select`."""
    assert report.query is not None
    lists = {_section(d) for d in report.datasets} | {tuple(path.split(".")) for path in report.query.lists}
    for dataset in report.datasets:
        for column in dataset.columns:
            if column.path is not None and column.type is not ColumnType.JSON:
                yield ".".join(below_line(column.path, _section(dataset), lists))


def below_line(path: str, section: tuple[str, ...], lists: set[tuple[str, ...]]) -> tuple[str, ...]:
    """A column's path from the line down. `../` leaves one list: steps that are objects on the way do not count."""
    if path.startswith("/"):
        return tuple(path[1:].split("."))
    here = section
    while path.startswith(_UP):
        path = path[len(_UP) :]
        here = next((here[:n] for n in range(len(here) - 1, 0, -1) if here[:n] in lists), ())
    return (*here, *path.split("."))


def _section(dataset: Dataset) -> tuple[str, ...]:
    steps = tuple((dataset.section or LINES).split("."))
    return steps[1:]


def _written(tree: Mapping[str, Any]) -> str:
    return "{" + " ".join(name + (_written(below) if below else "") for name, below in tree.items()) + "}"


def _of_account(value: str, account: Account) -> str:
    """{currency} of a query for the whole account: that of its first marketplace, which the accounts file orders."""
    return re.sub(r"\{currency\}", MARKETPLACES[account.marketplaces[0]].currency, value)
