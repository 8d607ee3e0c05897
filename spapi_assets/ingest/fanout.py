"""The requests that one partition needs: a single one, every combination of option values, or identifiers in batches.
Pure; where identifiers come from is `identifiers.py`, whether a request is made is `planning.py`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from spapi_assets.aws.denials import Denial
from spapi_assets.aws.ledger_records import ReportRecord, options_digest
from spapi_assets.datasets.model import Identifiers, Source, WindowKind
from spapi_assets.spapi.marketplaces import MARKETPLACES

READ = "read"
"""Option of an API's reading: `some` when it named the identifiers that had changed, and not the whole partition."""
SOME = "some"


@dataclass(frozen=True)
class Unit:
    """One request for a partition: its complete options, and the name of the Parquet object its rows lie in."""

    options: Mapping[str, str] = field(hash=False)  # a part stands for its options, which cannot be hashed
    part: str

    @property
    def label(self) -> str:
        """For people: which of the partition's requests this is."""
        return ", ".join(self.options.values()) if self.part != "data" else ""


@dataclass(frozen=True)
class Fan:
    """How the partitions of one account key are split into requests."""

    report: Source
    units: tuple[Unit, ...] = ()
    identifiers: tuple[str, ...] = ()
    base: Mapping[str, str] = field(default_factory=dict)
    denial: Denial | None = None  # Amazon refuses, or refused, the report for this account key
    stands_by: bool = False  # asked only where the report it stands in for cannot be had

    def units_for(self, records: Iterable[ReportRecord], *, grown: bool = False) -> tuple[Unit, ...]:
        """The requests of one partition, given those already made for it.

        Identifiers stay in the requests that named them, and a partition that was asked for is not asked for what was listed
        later: what is new is not in it, and a growing catalogue would cost a request per new identifier and past period, of types
        that Amazon makes twenty times a day. `grown`: name the new ones all the same (force).
        """
        source = self.report.fan_out.identifiers if self.report.fan_out else None
        if source is None:
            return self.units
        asked = {part_of(self.report, r.options): r.options for r in records if source.option in r.options}
        known = [Unit(dict(options), part) for part, options in asked.items()]
        if known and not grown:
            return tuple(known)
        named = {i for options in asked.values() for i in options[source.option].split(source.separator)}
        batches = [
            {**self.base, source.option: batch} for batch in in_batches([i for i in self.identifiers if i not in named], source)
        ]
        return (*known, *(Unit(options, part_of(self.report, options)) for options in batches))


def in_batches(identifiers: Sequence[str], source: Identifiers) -> list[str]:
    """Identifiers joined by the separator, as many as fit into one option's value, in their order."""
    batches: list[str] = []
    for identifier in identifiers:
        if batches and len(batches[-1]) + len(source.separator) + len(identifier) <= source.longest:
            batches[-1] += source.separator + identifier
        else:
            batches.append(identifier)
    return batches


def fan_of(
    report: Source,
    marketplace: str | None,
    *,
    limits: Mapping[str, Sequence[str]] | None = None,
    identifiers: Sequence[str] = (),
) -> Fan:
    """The fan of a report in a marketplace. `limits`: the option values an account has use for (`Account.fan_out`)."""
    base = filled(report.options, marketplace)
    if report.fan_out is None:
        return Fan(report, (Unit(base, "data"),), base=base)
    if report.fan_out.identifiers is not None:
        return Fan(report, identifiers=tuple(dict.fromkeys(identifiers)), base=base)
    values = {
        name: [v for v in all_values if limits is None or name not in limits or v in limits[name]]
        if all_values
        else [*(limits or {}).get(name, ())]  # values only the account can know, such as its product types
        for name, all_values in report.fan_out.options.items()
    }
    combinations = [
        {**base, **filled(dict(zip(values, chosen, strict=True)), marketplace)} for chosen in product(*values.values())
    ]
    return Fan(report, tuple(Unit(options, part_of(report, options)) for options in combinations), base=base)


def filled(options: Mapping[str, str], marketplace: str | None) -> dict[str, str]:
    """Options with {marketplace_id}, {country} and {currency} replaced by those of the marketplace asked for."""
    if marketplace is None:
        return dict(options)
    place = MARKETPLACES[marketplace]
    facts = {"marketplace_id": place.id, "country": place.code, "currency": place.currency}
    return {name: re.sub(r"\{(\w+)\}", lambda m: facts.get(m[1], m[0]), value) for name, value in options.items()}


def part_of(report: Source, options: Mapping[str, str], report_id: str = "", page: int = 1) -> str:
    """The Parquet object of a partition that a request's rows lie in.

    A partition that one request fills is `data`; several harvested documents, the requests of a fan-out, and readings of only
    some identifiers of an API each have their own. So has each page of an answer in pages after the first.
    """
    if page > 1:
        return f"page-{page:04d}"
    if report.window.kind is WindowKind.HARVEST or options.get(READ) == SOME:
        return report_id
    if report.fan_out is None:
        return "data"
    if report.fan_out.identifiers is not None:
        return options_digest({report.fan_out.identifiers.option: options.get(report.fan_out.identifiers.option, "")})
    return "-".join(re.sub(r"[^a-z0-9]+", "_", options.get(name, "").lower()) for name in report.fan_out.options)
