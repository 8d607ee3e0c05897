"""Reads the registry: the YAML files beside this module and any folders the deployment adds.
Validation errors name the file; the shape of an entry is `model.py`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from spapi_assets.datasets.model import Dataset, Report

BUILT_IN = Path(__file__).parent


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

    def report_of(self, dataset: str) -> Report:
        return self._report_of[dataset]

    def by_type(self, report_type: str) -> list[Report]:
        return [r for r in self.reports.values() if r.report_type == report_type]


def read_report(path: Path) -> Report:
    """One YAML file as a `Report`; the file's folder is its family."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        return Report.model_validate({"family": path.parent.name, **content})
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the report'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise RegistryError(f"{path} does not describe a report: {faults}") from error
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise RegistryError(f"{path} is not a YAML mapping in UTF-8: {error}") from error


@cache
def load_registry(*extra_folders: Path) -> Registry:
    """The built-in reports plus those in the deployment's own folders (`SPAPI_DATASETS_DIRS`)."""
    for folder in extra_folders:
        if not folder.is_dir():
            raise RegistryError(f"SPAPI_DATASETS_DIRS names {folder}, which is not a folder. Create it or leave it out.")
    files = [f for folder in (BUILT_IN, *extra_folders) for f in sorted(folder.rglob("*.yaml"))]
    return Registry(read_report(f) for f in files)
