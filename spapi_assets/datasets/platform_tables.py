"""The tables the platform keeps about its own work: their names, columns and types, in every engine's words.
The facts only; the rows come from the ledger (`ingest/coverage.py`), and what a state means is said in `ingest/truth.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PlatformColumn:
    """A column; `type` as DuckDB names it."""

    name: str
    type: str
    description: str

    @property
    def hive_type(self) -> str:
        """The type as Glue, Athena and Spectrum name it."""
        return HIVE_TYPES[self.type]


@dataclass(frozen=True)
class PlatformTable:
    """One Parquet object at `platform/<name>/data.parquet`, replaced as a whole; not partitioned."""

    name: str
    description: str
    columns: tuple[PlatformColumn, ...]

    @property
    def glue_name(self) -> str:
        """Name in the Glue database, which the datasets' tables share: a dataset may be called `reports`, too."""
        return f"platform_{self.name}"


TEXT, COUNT, DAY, FLAG = "varchar", "bigint", "date", "boolean"
INSTANT, TEXTS, COUNTS = "timestamp with time zone", "map(varchar, varchar)", "map(varchar, bigint)"
HIVE_TYPES = {
    TEXT: "string",
    COUNT: "bigint",
    DAY: "date",
    FLAG: "boolean",
    INSTANT: "timestamp",
    TEXTS: "map<string,string>",
    COUNTS: "map<string,bigint>",
}
ACCOUNT = "Name of the account in the accounts file: one seller account in one region, or one vendor group."


def _columns(*columns: tuple[str, str, str]) -> tuple[PlatformColumn, ...]:
    return tuple(PlatformColumn(*column) for column in columns)


COVERAGE = PlatformTable(
    "coverage",
    "What the lake knows about every partition: one row per dataset, account, marketplace and day.",
    _columns(
        ("dataset", TEXT, "Name of the dataset."),
        ("report", TEXT, "Name of the report that feeds the dataset."),
        ("account", TEXT, ACCOUNT),
        ("marketplace", TEXT, "Country code; null for datasets that cover the whole account."),
        ("date", DAY, "The day, or the first day of the period."),
        ("period", TEXT, "What one partition covers: day, week (Sunday to Saturday), month, quarter or year."),
        ("period_end", DAY, "Last day of the period; the date itself where a partition is a day."),
        ("state", TEXT, "Truth state: not_due, requested, not_published, provisional, final, empty_confirmed, ..."),
        ("rows", COUNT, "Rows in the partition; null while nothing is loaded."),
        ("report_id", TEXT, "Amazon's id of the report loaded last."),
        ("last_loaded_at", INSTANT, "When the partition was last written, in UTC."),
        ("reason", TEXT, "Why the partition is in this state, as a sentence."),
        ("next_action", TEXT, "What happens next, or what to do, as a sentence."),
        ("next_at", INSTANT, "When it happens, in UTC; null when nothing is planned."),
    ),
)
REPORTS = PlatformTable(
    "reports",
    "The report ledger: one row per request made, or report adopted.",
    _columns(
        ("account", TEXT, ACCOUNT),
        ("report", TEXT, "Name of the report in the registry."),
        ("report_type", TEXT, "Amazon's report type."),
        ("marketplace", TEXT, "Country code; null for reports that cover the whole account."),
        ("start", DAY, "First day asked for."),
        ("end", DAY, "Last day asked for, inclusive."),
        ("options", TEXTS, "Report options asked for; Amazon never repeats them."),
        ("request_id", TEXT, "The platform's own id of the request."),
        ("status", TEXT, "PLANNED, CREATING, IN_QUEUE, IN_PROGRESS, DONE, CANCELLED or FATAL."),
        ("report_id", TEXT, "Amazon's id of the report; null before it was created."),
        ("document_id", TEXT, "Amazon's id of the document, or of the reason of a FATAL report."),
        ("reason", TEXT, "Why the report brought no document, as Amazon or the platform says it."),
        ("verdict", TEXT, "The reason's class: retryable, not_published, throttled, configuration, missing_role, ..."),
        ("attempt", COUNT, "1 for the first request of exactly this window, 2 for the second, ..."),
        ("adopted", FLAG, "True for a report that another application or Amazon itself made."),
        ("priority", TEXT, "fresh or backfill: a back-fill leaves a reserve of the quota."),
        ("requested_at", INSTANT, "When the request was planned, in UTC."),
        ("intent_at", INSTANT, "When the call of createReport was announced, in UTC."),
        ("created_at", INSTANT, "When Amazon made the report, in UTC: the age of its data."),
        ("finished_at", INSTANT, "When Amazon finished it, in UTC."),
        ("polled_at", INSTANT, "When it was last polled, in UTC."),
        ("polls", COUNT, "How often it was polled."),
        ("retry_at", INSTANT, "It is not asked again, or not created, before this instant (UTC)."),
        ("loaded_at", INSTANT, "When its document was loaded, in UTC; null while it is not."),
        ("load_failures", COUNT, "Loads of its document that failed."),
        ("archive_uri", TEXT, "Where Amazon's exact bytes are kept."),
        ("reason_uri", TEXT, "Where the reason document of a FATAL report is kept."),
        ("sha256", TEXT, "SHA-256 of the archived bytes, hexadecimal."),
        ("rows", COUNTS, "Rows loaded, by dataset."),
        ("quarantined", COUNT, "Rows that did not fit their columns' types and went to quarantine."),
        ("quota", COUNTS, "Calls spent on it, by operation."),
        ("source", TEXT, "What told its outcome: notification, poll or sweep."),
        ("page", COUNT, "Data Kiosk: the page it stands at; 1 once all pages are there, and of everything else."),
        ("token", TEXT, "Data Kiosk: the paginationToken of a page after the first one."),
        ("next_token", TEXT, "Data Kiosk: the token of the page after it, null at the last."),
    ),
)
RESTATEMENTS = PlatformTable(
    "restatements",
    "What Amazon changed after the fact: one row per version of a partition that replaced an older one.",
    _columns(
        ("dataset", TEXT, "Name of the dataset."),
        ("report", TEXT, "Name of the report that feeds the dataset."),
        ("account", TEXT, ACCOUNT),
        ("marketplace", TEXT, "Country code; null for datasets that cover the whole account."),
        ("date", DAY, "The day."),
        ("part", TEXT, "The object of the partition: data, or which request of several filled it."),
        ("version", COUNT, "2 for the first version that replaced another, 3 for the next, ..."),
        ("report_id", TEXT, "Amazon's id of the report that brought this version."),
        ("report_id_before", TEXT, "Amazon's id of the report it replaced."),
        ("created_at", INSTANT, "When Amazon made this version's report, in UTC: the age of the change is at most this."),
        ("loaded_at", INSTANT, "When it was loaded, in UTC."),
        ("rows_before", COUNT, "Rows of the version before."),
        ("rows", COUNT, "Rows of this version."),
        ("rows_added", COUNT, "Rows whose key was not there before; null when there were too many rows to match."),
        ("rows_removed", COUNT, "Rows whose key is no longer there."),
        ("rows_changed", COUNT, "Rows with the same key and other values."),
        ("totals", TEXTS, "Numeric columns whose total moved: 'before -> now'."),
        ("change", TEXT, "The same as a sentence."),
    ),
)
PLATFORM_TABLES = (COVERAGE, REPORTS, RESTATEMENTS)
