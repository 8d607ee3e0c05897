"""Reads the registry: the YAML files beside this module and any folders the deployment adds.
Validation errors name the file; the shape of an entry is `model.py`, its shorthands are `shorthand.py`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from spapi_assets.datasets.model import Dataset, Report
from spapi_assets.datasets.shorthand import ShorthandError, by_period, with_columns_of

BUILT_IN = Path(__file__).parent
# The registry is read at every start of a process: libyaml's parser takes a tenth of the time, where the wheel has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RegistryError(ValueError):
    """A registry file cannot be used; the message names the file and what to change."""


class Registry:
    """All reports by name, and the datasets they feed."""

    def __init__(self, reports: Iterable[Report]) -> None:
        self.reports: dict[str, Report] = {}
        self._report_of: dict[str, Report] = {}
        for report in reports:
            if report.name in self.reports:
                raise RegistryError(f"report {report.name!r} is defined twice")
            self.reports[report.name] = report
            for dataset in report.datasets:
                if dataset.name in self._report_of:
                    raise RegistryError(f"dataset {dataset.name!r} is defined twice")
                self._report_of[dataset.name] = report

    @property
    def datasets(self) -> dict[str, Dataset]:
        return {d.name: d for r in self.reports.values() for d in r.datasets}

    @property
    def families(self) -> dict[str, list[Report]]:
        found: dict[str, list[Report]] = {}
        for report in self.reports.values():
            found.setdefault(report.family, []).append(report)
        return found

    def report_of(self, dataset: str) -> Report:
        return self._report_of[dataset]

    def by_type(self, report_type: str) -> list[Report]:
        return [r for r in self.reports.values() if r.report_type == report_type]


def _mapping(path: Path) -> dict[str, Any]:
    try:
        return {"family": path.parent.name, **yaml.load(path.read_text("utf-8"), _LOADER)}
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise RegistryError(f"{path} is not a YAML mapping in UTF-8: {error}") from error


def read_reports(paths: Iterable[Path], among: Iterable[Path] = ()) -> list[Report]:
    """The reports of these YAML files; a file's folder is its family. `among`: further files whose datasets `like` may name."""
    wanted = list(paths)
    mappings = {path: _mapping(path) for path in (*wanted, *among)}
    datasets = {
        dataset["name"]: dataset
        for mapping in mappings.values()
        for dataset in mapping.get("datasets") or ()
        if isinstance(dataset, dict) and "name" in dataset
    }
    reports = []
    for path in wanted:
        try:
            whole = {**mappings[path], "datasets": [with_columns_of(d, datasets) for d in mappings[path].get("datasets") or ()]}
            reports += [Report.model_validate(entry) for entry in by_period(whole)]
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, fault['loc'])) or 'the report'}: {fault['msg'].removeprefix('Value error, ')}"
                for fault in error.errors()
            )
            raise RegistryError(f"{path} does not describe a report: {faults}") from error
        except ShorthandError as error:
            raise RegistryError(f"{path} does not describe a report: {error}") from error
    return reports


def built_in_files() -> list[Path]:
    return sorted(BUILT_IN.rglob("*.yaml"))


@cache
def load_registry(*extra_folders: Path) -> Registry:
    """The built-in reports plus those in the deployment's own folders (`SPAPI_DATASETS_DIRS`)."""
    for folder in extra_folders:
        if not folder.is_dir():
            raise RegistryError(f"SPAPI_DATASETS_DIRS names {folder}, which is not a folder. Create it or leave it out.")
    own = [f for folder in extra_folders for f in sorted(folder.rglob("*.yaml"))]
    # Whoever writes a file of their own wants the report; ours are switched on account by account.
    wanted = [report.model_copy(update={"default": True}) for report in read_reports(own, built_in_files())]
    return Registry([*read_reports(built_in_files()), *wanted])
