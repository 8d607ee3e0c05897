"""Reads the registry: the YAML files beside this module and any folders the deployment adds.
Validation errors name the file; the shape of an entry is `model.py`, its shorthands are `shorthand.py`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from spapi_assets.datasets.model import ApiSource, Dataset, Report, Source
from spapi_assets.datasets.shorthand import ShorthandError, by_period, in_lines, in_pages, with_columns_of

BUILT_IN = Path(__file__).parent
# The registry is read at every start of a process: libyaml's parser takes a tenth of the time, where the wheel has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RegistryError(ValueError):
    """A registry file cannot be used; the message names the file and what to change."""


class Registry:
    """All sources by name, reports and APIs apart, and the datasets they feed."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources: dict[str, Source] = {}
        self._source_of: dict[str, Source] = {}
        for source in sources:
            if source.name in self.sources:
                raise RegistryError(f"report or API {source.name!r} is defined twice")
            self.sources[source.name] = source
            for dataset in source.datasets:
                if dataset.name in self._source_of:
                    raise RegistryError(f"dataset {dataset.name!r} is defined twice")
                self._source_of[dataset.name] = source
        self.reports = {name: s for name, s in self.sources.items() if isinstance(s, Report)}
        self.apis = {name: s for name, s in self.sources.items() if isinstance(s, ApiSource)}

    @property
    def datasets(self) -> dict[str, Dataset]:
        return {d.name: d for s in self.sources.values() for d in s.datasets}

    @property
    def families(self) -> dict[str, list[Source]]:
        found: dict[str, list[Source]] = {}
        for source in self.sources.values():
            found.setdefault(source.family, []).append(source)
        return found

    def source_of(self, dataset: str) -> Source:
        return self._source_of[dataset]

    def by_type(self, report_type: str) -> list[Report]:
        return [r for r in self.reports.values() if r.report_type == report_type]


def _mapping(path: Path) -> dict[str, Any]:
    try:
        return {"family": path.parent.name, **yaml.load(path.read_text("utf-8"), _LOADER)}
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise RegistryError(f"{path} is not a YAML mapping in UTF-8: {error}") from error


def read_sources(paths: Iterable[Path], among: Iterable[Path] = ()) -> list[Source]:
    """The reports and APIs of these YAML files; a file's folder is its family. `like` may name datasets of `among`, too."""
    wanted = list(paths)
    mappings = {path: _mapping(path) for path in (*wanted, *among)}
    datasets = {
        dataset["name"]: dataset
        for mapping in mappings.values()
        for dataset in mapping.get("datasets") or ()
        if isinstance(dataset, dict) and "name" in dataset
    }
    sources: list[Source] = []
    for path in wanted:
        try:
            whole = {**mappings[path], "datasets": [with_columns_of(d, datasets) for d in mappings[path].get("datasets") or ()]}
            if {"call", "notification"} & whole.keys():
                sources.append(ApiSource.model_validate(in_pages(whole)))
            else:
                whole = in_lines(whole) if whole.get("format") == "jsonl" else whole
                sources += [Report.model_validate(entry) for entry in by_period(whole)]
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, fault['loc'])) or 'the entry'}: {fault['msg'].removeprefix('Value error, ')}"
                for fault in error.errors()
            )
            raise RegistryError(f"{path} does not describe a report or an API: {faults}") from error
        except ShorthandError as error:
            raise RegistryError(f"{path} does not describe a report or an API: {error}") from error
    return sources


def built_in_files() -> list[Path]:
    return sorted(BUILT_IN.rglob("*.yaml"))


@cache
def load_registry(*extra_folders: Path) -> Registry:
    """The built-in sources plus those in the deployment's own folders (`SPAPI_DATASETS_DIRS`)."""
    for folder in extra_folders:
        if not folder.is_dir():
            raise RegistryError(f"SPAPI_DATASETS_DIRS names {folder}, which is not a folder. Create it or leave it out.")
    own = [f for folder in extra_folders for f in sorted(folder.rglob("*.yaml"))]
    # Whoever writes a file of their own wants the source; ours are switched on account by account.
    wanted = [source.model_copy(update={"default": True}) for source in read_sources(own, built_in_files())]
    return Registry([*read_sources(built_in_files()), *wanted])
