"""Where everything lies below the lake's root: Parquet partitions, archived documents, quarantine, platform tables.
Paths only, relative to the root; reading and writing is `store.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, order=True)
class Partition:
    """One day of one account (and marketplace, where the report is by marketplace)."""

    account: str
    marketplace: str | None
    day: date

    @property
    def account_key(self) -> str:
        """Key of the `account` dimension in Dagster: `account` or `account.MARKETPLACE`."""
        return self.account if self.marketplace is None else f"{self.account}.{self.marketplace}"

    @classmethod
    def of(cls, account_key: str, day: date) -> Partition:
        account, _, marketplace = account_key.partition(".")
        return cls(account, marketplace or None, day)

    def __str__(self) -> str:
        return f"{self.account_key} {self.day}"


def partition_folder(dataset: str, partition: Partition) -> str:
    marketplace = f"marketplace={partition.marketplace}/" if partition.marketplace else ""
    return f"raw/{dataset}/account={partition.account}/{marketplace}date={partition.day}"


def partition_object(dataset: str, partition: Partition, part: str = "data") -> str:
    """`part` is the report id for datasets whose partitions are fed by several documents (settlements), else `data`."""
    return f"{partition_folder(dataset, partition)}/{part}.parquet"


def archive_folder(account: str, report: str, report_id: str, created: date) -> str:
    """Folder of one archived document: `document.<ext>[.gz]` (Amazon's exact bytes) and `manifest.json`."""
    return f"archive/{report}/account={account}/date={created}/report={report_id}"


def spool_folder(source: str, account_key: str, reading_id: str = "") -> str:
    """Pages of readings in progress; all of a source and account key without a reading id."""
    return f"spool/{source}/{account_key}/{reading_id}".rstrip("/")


def quarantine_object(dataset: str, account_key: str, report_id: str) -> str:
    return f"quarantine/{dataset}/{account_key}/{report_id}.parquet"


def platform_object(table: str) -> str:
    """Tables the platform keeps about itself (coverage, reports)."""
    return f"platform/{table}/data.parquet"
