"""The registry as prose: the data dictionary for people, and the writing of both generated files.
Pure text from `Registry`; the dbt sources are `dbt_sources.py`. Run `python -m spapi_assets.datasets.documentation --write`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from spapi_assets.datasets.dbt_sources import LINEAGE_COLUMNS, PARTITION_DESCRIPTIONS, dbt_sources, partition_columns
from spapi_assets.datasets.loader import Registry, load_registry
from spapi_assets.datasets.model import Column, ColumnType, Dataset, DayOf, Report, Scope, Window, WindowKind

DATA_DICTIONARY = Path("docs/data-dictionary.md")
DBT_SOURCES = Path("dbt_project/models/staging/_sources.yml")

_OUR_TYPES = {"varchar": "text", "bigint": "integer", "timestamp with time zone": "timestamp"}

INTRODUCTION = """\
# Data dictionary

Generated from the registry (`spapi_assets/datasets/**/*.yaml`) by `spapi docs`: change the YAML there, not this page.

Every dataset is a folder of Parquet below the lake's root, `raw/<dataset>/account=<a>/[marketplace=<m>/]date=<yyyy-mm-dd>/`,
and a table of the same name in the Glue database. Identifiers are text for ever, money is exact decimal beside its currency,
instants are UTC. Columns marked *personal data* are dropped at loading unless `SPAPI_PII_COLUMNS` names them. A column that
Amazon adds is kept as text under its own name and reported; a value that does not fit its type goes to quarantine with its line.
"""


def data_dictionary(registry: Registry) -> str:
    """The text of `docs/data-dictionary.md`."""
    reports = sorted(registry.reports.values(), key=lambda report: (report.kind, report.name))
    contents = "\n".join(
        f"| [{dataset.name}](#{dataset.name}) | {report.kind} | {dataset.grain} | {len(dataset.columns)} |"
        for report in reports
        for dataset in report.datasets
    )
    parts = [
        INTRODUCTION,
        f"| Dataset | For | One row is | Columns |\n|---|---|---|---|\n{contents}\n",
        "## Columns of every dataset\n",
        _table(
            ("Column", "Type", "Description"),
            [
                *((f"`{name}`", "date" if name == "date" else "text", text) for name, text in PARTITION_DESCRIPTIONS.items()),
                *((f"`{name}`", _OUR_TYPES[sql], text) for name, (sql, text) in LINEAGE_COLUMNS.items()),
            ],
        ),
        *(_dataset(report, dataset) for report in reports for dataset in report.datasets),
    ]
    return "\n".join(parts)


def write_documentation(root: Path, registry: Registry | None = None) -> list[Path]:
    """Writes both generated files below `root`; returns those that changed."""
    changed = []
    for path, text in generated_files(registry or load_registry()).items():
        target = root / path
        if not target.is_file() or target.read_text("utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
            changed.append(target)
    return changed


def generated_files(registry: Registry) -> dict[Path, str]:
    """Path below the project's root -> text, for every file that comes from the registry."""
    return {DATA_DICTIONARY: data_dictionary(registry), DBT_SOURCES: dbt_sources(registry)}


def window_in_words(window: Window) -> str:
    """What may be asked for and when, as sentences."""
    midnight = "UTC" if window.time_zone == "utc" else "the marketplace's time zone"
    if window.kind is WindowKind.SNAPSHOT:
        sentences = ["A snapshot of the moment it is made: only today can be had, a missed day is lost."]
    elif window.kind is WindowKind.HARVEST:
        sentences = [
            "Cannot be requested: Amazon makes the documents and they are collected.",
            f"They can be collected for {_days(window.lookback_days)}.",
        ]
    else:
        span = "One day per request" if window.max_days == 1 else f"Up to {window.max_days} consecutive days per request"
        sentences = [f"{span}, as far back as {_days(window.lookback_days)}. A day runs from midnight to midnight in {midnight}."]
        if window.bounds == "dates":
            sentences.append("Of the window Amazon reads the dates only.")
        if window.lag_hours:
            sentences.append(f"A day is asked for {window.lag_hours} hours after it closed.")
        sentences.append(
            f"Amazon corrects a day for {_days(window.restated_days)}: until then it is provisional and asked for again."
            if window.restated_days
            else "A loaded day is final."
        )
        if window.rows_move:
            sentences.append(
                "A row that changes moves to the day of its change: a loaded day is not asked for again, even by force."
            )
    if window.cool_down_minutes:
        sentences.append(f"Amazon makes it at most once in {window.cool_down_minutes} minutes.")
    return " ".join(sentences)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def _dataset(report: Report, dataset: Dataset) -> str:
    day_of = {
        DayOf.COLUMN: f"the day of `{dataset.date_column}`",
        DayOf.WINDOW: "the day that was asked for; the rows carry no date",
        DayOf.DOCUMENT: f"the day of `{dataset.date_column}`, one for the whole document",
        DayOf.FETCH: "the UTC day on which the report was made",
    }[dataset.day_of]
    covers = "one marketplace" if report.scope is Scope.MARKETPLACE else "the whole account"
    options = ", ".join(f"{name} = {value}" for name, value in report.options.items())
    key = ", ".join(f"`{name}`" for name in dataset.row_key) or "none: only its place in the document (`_report_id`, `_row`)"
    facts = [
        ("One row is", dataset.grain),
        ("Row key", key),
        ("Report", f"`{report.report_type}` ({report.name})" + (f" with {options}" if options else "")),
        ("One document covers", covers),
        ("Partitions", ", ".join(f"`{name}`" for name in partition_columns(report)) + f"; `date` is {day_of}"),
        ("Windows", window_in_words(report.window)),
        _when(report),
        ("Reports of others", "adopted: the type has no options" if report.adoptable else "not adopted: options are not echoed"),
    ]
    if report.excluded_sections:
        facts.append(("Left out", "; ".join(f"`{name}`: {why.rstrip('.')}" for name, why in report.excluded_sections.items())))
    if report.removal_date:
        facts.append(("Amazon removes it", report.removal_date))
    facts.append(("Source of these facts", report.source.strip()))
    rows = [(f"`{c.name}`", _type(c), c.unit or "", f"`{c.header or c.path}`", _pii(c), _note(c)) for c in dataset.columns]
    return "\n".join(
        [
            f"## {dataset.name}\n",
            f"**{dataset.title}.** {dataset.description.strip()}\n",
            *((f"{report.description.strip()}\n",) if dataset is report.datasets[0] else ()),
            _table(("", ""), facts),
            _table(("Column", "Type", "Unit", "Amazon's name", "Personal data", "Description"), rows),
        ]
    )


def _when(report: Report) -> tuple[str, str]:
    """How its reports come: by a schedule of ours, or found because Amazon makes them."""
    stale = f"older than {report.freshness_hours} hours counts as stale"
    if report.window.kind is WindowKind.HARVEST:
        return "Looked for", f"whenever Amazon announces one, and by the sweep every half hour; {stale}"
    return "Asked for", f"`{report.schedule}` (cron, UTC); {stale}"


def _type(column: Column) -> str:
    if column.type is ColumnType.DECIMAL:
        return f"decimal({column.precision},{column.scale})"
    return str(column.type)


def _pii(column: Column) -> str:
    return "**yes**" if column.pii else ""


def _note(column: Column) -> str:
    notes = [column.description.strip()]
    if column.required:
        notes.append("Never blank.")
    if column.aliases:
        notes.append("Also written " + ", ".join(f"`{alias}`" for alias in column.aliases) + ".")
    return " ".join(notes)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    # A line break or a bar inside a cell would break the table.
    return "\n".join("| " + " | ".join(" ".join(c.split()).replace("|", "\\|") for c in line) + " |" for line in lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Generate docs/data-dictionary.md and the dbt sources from the registry.")
    parser.add_argument("--write", action="store_true", help="write the files; without it, only say whether they are current")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2], help="the project's root")
    parser.add_argument("--datasets", type=Path, action="append", default=[], help="a folder of your own YAML files, repeatable")
    options = parser.parse_args(arguments)
    registry = load_registry(*options.datasets)
    if options.write:
        for path in write_documentation(options.root, registry):
            print(f"wrote {path}")
        return 0
    stale = [
        path
        for path, text in generated_files(registry).items()
        if not (options.root / path).is_file() or (options.root / path).read_text("utf-8") != text
    ]
    for path in stale:
        print(f"{path} is not what the registry says; run with --write")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
