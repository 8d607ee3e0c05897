"""The deployment's settings: environment variables and the accounts file, validated at start, no network.
Names and defaults only; credentials live in Secrets Manager and are read when a call needs them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from spapi_assets.datasets.model import Kind, Report, Scope, Source
from spapi_assets.spapi.marketplaces import MARKETPLACES

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names it and the fix."""


class Account(BaseModel):
    """One authorization: a selling partner (seller account in one region, or one vendor group)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    kind: Literal[Kind.SELLER, Kind.VENDOR]
    region: Literal["na", "eu", "fe"]
    selling_partner_id: str
    marketplaces: tuple[str, ...] = Field(min_length=1, description="Country codes, e.g. DE, UK, US")
    secret: str = Field(description="Secrets Manager name of {client_id, client_secret, refresh_token}")
    reports: tuple[str, ...] = Field(
        ("default",),
        description="Reports, APIs and families (folders of the registry) to ingest, `default`, `all`; `-name` leaves one out",
    )
    fallbacks: tuple[str, ...] = Field(
        (), description="Sources that only stand in for a report whose limit a day is used up, e.g. dk_sales_and_traffic_by_asin"
    )
    fan_out: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Option values this account has use for, e.g. sellingProgram: [RETAIL]; default: all"
    )

    def wants(self, report: Source) -> bool:
        """Whether the account takes this report or API: of its kind, in one of its marketplaces, and switched on."""
        if not report.serves(self.kind) or not self.places(report):
            return False
        names = {report.name, report.family}
        if names & {name[1:] for name in self.reports if name.startswith("-")}:
            return False
        return report.name in self.fallbacks or self._asks_for(report)

    def stands_by(self, report: Source) -> bool:
        """Whether the account takes this report only where another one's limit a day is used up."""
        return report.name in self.fallbacks and not self._asks_for(report)

    def _asks_for(self, report: Source) -> bool:
        chosen = {name for name in self.reports if not name.startswith("-")} or {"default"}
        return bool("all" in chosen or {report.name, report.family} & chosen or (report.default and "default" in chosen))

    def places(self, report: Source) -> tuple[str, ...]:
        """The account's marketplaces where Amazon has the report."""
        return tuple(m for m in self.marketplaces if report.marketplaces is None or m in report.marketplaces)


class Settings(BaseModel):
    """Everything a process needs to know about its deployment. Field docs name the environment variable."""

    model_config = ConfigDict(frozen=True)

    accounts: tuple[Account, ...]
    lake_uri: str = Field(description="SPAPI_LAKE_URI: s3://bucket/prefix or a folder")
    queue_name: str = Field("spapi-notifications", description="SPAPI_QUEUE_NAME")
    ledger_table: str = Field("spapi-ledger", description="SPAPI_LEDGER_TABLE")
    quota_table: str = Field("spapi-quota", description="SPAPI_QUOTA_TABLE")
    identifiers_table: str = Field("spapi-identifiers", description="SPAPI_IDENTIFIERS_TABLE")
    glue_database: str = Field("spapi_raw", description="SPAPI_GLUE_DATABASE")
    spapi_endpoint_url: str | None = Field(None, description="SPAPI_ENDPOINT_URL: instead of the region's endpoint")
    lwa_endpoint_url: str | None = Field(None, description="LWA_ENDPOINT_URL: instead of https://api.amazon.com/auth/o2/token")
    pii_columns: frozenset[str] = Field(frozenset(), description="SPAPI_PII_COLUMNS: dataset.column,...")
    datasets_dirs: tuple[Path, ...] = Field((), description="SPAPI_DATASETS_DIRS: folders of your own YAML files")
    reasons_file: Path | None = Field(None, description="SPAPI_REASONS_FILE: your own rules for the reasons of FATAL reports")
    first_date: str = Field(description="SPAPI_FIRST_DATE: first day partition")
    dbt_target: Literal["local", "athena", "redshift"] = Field("local", description="SPAPI_DBT_TARGET: local | athena | redshift")
    duckdb_path: Path = Field(
        PROJECT_ROOT / "lake" / "warehouse.duckdb", description="SPAPI_DUCKDB_PATH: tables of dbt target local"
    )
    dbt_metadata: bool = Field(True, description="SPAPI_DBT_METADATA: row counts and column lineage after each dbt build")
    poll_seconds: float = Field(300.0, description="SPAPI_POLL_SECONDS: how long 'Materialize' waits for a report")
    change_rest_seconds: float = Field(
        60.0, ge=0, description="SPAPI_CHANGE_REST_SECONDS: how long what changed gathers before it is read again"
    )
    message_rest_seconds: float = Field(
        600.0, ge=0, description="SPAPI_MESSAGE_REST_SECONDS: how long messages gather before they become rows"
    )
    rebuild_cron: str = Field(
        "*/15 * * * *", description="SPAPI_REBUILD_CRON: coverage and dbt tables follow loads once between two of its ticks"
    )
    request_reserve: float = Field(0.34, description="SPAPI_QUOTA_RESERVE: share of a burst that back-fills leave")
    daily_limits: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, description="SPAPI_DAILY_LIMITS: TYPE=reports in 24 h, comma separated; instead of the registry"
    )

    @field_validator("first_date")
    @classmethod
    def _is_a_day(cls, value: str) -> str:
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise ValueError(f"SPAPI_FIRST_DATE must be a day like 2024-01-01, not {value!r}") from None

    @field_validator("lake_uri")
    @classmethod
    def _is_one_place(cls, value: str) -> str:
        """A relative folder would mean one place to the platform and another to dbt, which works in its own folder."""
        value = value.removeprefix("file://")
        return value.rstrip("/") if "://" in value else str(Path(value).expanduser().resolve())

    @field_validator("duckdb_path")
    @classmethod
    def _is_absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @property
    def dbt_environment(self) -> dict[str, str]:
        """What dbt must see, whatever the working folder: profiles.yml and the sources read these."""
        return {
            "SPAPI_LAKE_URI": self.lake_uri,
            "SPAPI_DUCKDB_PATH": str(self.duckdb_path),
            "SPAPI_GLUE_DATABASE": self.glue_database,
            "SPAPI_DBT_TARGET": self.dbt_target,
        }

    def daily_limit(self, report: Report) -> int | None:
        """How often in 24 hours the report's type may be asked for by a selling partner; None: no limit is known."""
        return self.daily_limits.get(report.report_type, report.window.daily_limit)

    def account(self, name: str) -> Account:
        for account in self.accounts:
            if account.name == name:
                return account
        known = ", ".join(a.name for a in self.accounts)
        raise SettingsError(f"Account {name!r} is not in the accounts file; known accounts: {known}")

    def partition_keys(self, report: Source) -> list[str]:
        """Keys of the `account` partition dimension for a report or API: `name`, or `name.MARKETPLACE` by marketplace."""
        return self._keys(report, [a for a in self.accounts if a.wants(report)])

    def asked_keys(self, report: Source) -> list[str]:
        """The partition keys that are asked for by themselves: not those of accounts for which the report only stands by."""
        return self._keys(report, [a for a in self.accounts if a.wants(report) and not a.stands_by(report)])

    def _keys(self, report: Source, accounts: Iterable[Account]) -> list[str]:
        if report.scope is Scope.ACCOUNT:
            return [a.name for a in accounts]
        return [f"{a.name}.{m}" for a in accounts for m in a.places(report)]


def check_reports(accounts: Iterable[Account], reports: Iterable[Source]) -> None:
    """Refuse names in the accounts' `reports` that are neither a report, an API nor a family: a slip would ingest nothing."""
    known, stand_ins = {"default", "all"}, set()
    for report in reports:
        known |= {report.name, report.family}
        if isinstance(report, Report) and report.stands_in_for is not None:
            stand_ins.add(report.name)
    for account in accounts:
        if strange := sorted(set(account.fallbacks) - stand_ins):
            raise SettingsError(
                f"Account {account.name}: `fallbacks` names {', '.join(strange)}; what can stand in for a report is "
                f"{', '.join(sorted(stand_ins))}."
            )
        if unknown := sorted({name.removeprefix("-") for name in account.reports} - known):
            near = {n: get_close_matches(n, known, 1) for n in unknown}
            told = ", ".join(f"{n!r}" + (f" (did you mean {near[n][0]!r}?)" if near[n] else "") for n in unknown)
            raise SettingsError(
                f"Account {account.name}: `reports` names {told}, which is neither a report, an API nor a family of the registry."
            )


def read_accounts(path: Path) -> tuple[Account, ...]:
    if not path.is_file():
        raise SettingsError(f"No accounts file at {path}. Set SPAPI_ACCOUNTS_FILE, or copy accounts.yaml from the repository.")
    try:
        accounts = tuple(Account.model_validate(a) for a in yaml.safe_load(path.read_text("utf-8"))["accounts"])
    except (yaml.YAMLError, ValidationError, TypeError, KeyError) as error:
        raise SettingsError(f"{path}: {error}") from error
    names = [a.name for a in accounts]
    if not accounts or len(set(names)) != len(names):
        raise SettingsError(f"{path}: account names must be unique and there must be at least one; found {names}")
    for account in accounts:
        for code in account.marketplaces:
            marketplace = MARKETPLACES.get(code)
            if marketplace is None or marketplace.region != account.region:
                legal = ", ".join(m.code for m in MARKETPLACES.values() if m.region == account.region)
                raise SettingsError(
                    f"{path}: account {account.name}: marketplace {code!r} is not in region {account.region} ({legal})"
                )
    return accounts


def _pairs(name: str, text: str | None) -> dict[str, str] | None:
    """`A=1,B=2` as a mapping."""
    if not text:
        return None
    pairs = [item.partition("=") for item in text.replace(" ", "").split(",") if item]
    if wrong := [key for key, _, value in pairs if not (key and value)]:
        raise SettingsError(f"{name} must look like GET_SALES_AND_TRAFFIC_REPORT=96,OTHER_TYPE=20; {wrong[0]!r} names no number.")
    return {key: value for key, _, value in pairs}


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment. Unset variables have local defaults, so that a clone works without any."""

    def get(name: str) -> str | None:
        return environ.get(name) or None

    values: dict[str, object] = {
        "accounts": read_accounts(Path(get("SPAPI_ACCOUNTS_FILE") or PROJECT_ROOT / "accounts.yaml")),
        "lake_uri": get("SPAPI_LAKE_URI") or str(PROJECT_ROOT / "lake"),
        "queue_name": get("SPAPI_QUEUE_NAME"),
        "ledger_table": get("SPAPI_LEDGER_TABLE"),
        "quota_table": get("SPAPI_QUOTA_TABLE"),
        "identifiers_table": get("SPAPI_IDENTIFIERS_TABLE"),
        "glue_database": get("SPAPI_GLUE_DATABASE"),
        "spapi_endpoint_url": get("SPAPI_ENDPOINT_URL"),
        "lwa_endpoint_url": get("LWA_ENDPOINT_URL"),
        "pii_columns": frozenset(filter(None, (get("SPAPI_PII_COLUMNS") or "").replace(" ", "").split(","))) or None,
        "datasets_dirs": tuple(Path(p) for p in (get("SPAPI_DATASETS_DIRS") or "").split(os.pathsep) if p) or None,
        "reasons_file": get("SPAPI_REASONS_FILE"),
        "first_date": get("SPAPI_FIRST_DATE") or "2024-01-01",
        "dbt_target": get("SPAPI_DBT_TARGET"),
        "duckdb_path": get("SPAPI_DUCKDB_PATH"),
        "dbt_metadata": get("SPAPI_DBT_METADATA"),
        "poll_seconds": get("SPAPI_POLL_SECONDS"),
        "change_rest_seconds": get("SPAPI_CHANGE_REST_SECONDS"),
        "rebuild_cron": get("SPAPI_REBUILD_CRON"),
        "message_rest_seconds": get("SPAPI_MESSAGE_REST_SECONDS"),
        "request_reserve": get("SPAPI_QUOTA_RESERVE"),
        "daily_limits": _pairs("SPAPI_DAILY_LIMITS", get("SPAPI_DAILY_LIMITS")),
    }
    try:
        return Settings.model_validate({k: v for k, v in values.items() if v is not None})
    except ValidationError as error:
        raise SettingsError(f"The environment's settings do not fit: {error}") from error
