"""Asset checks that compare what should be there with what is known: completeness per account and day.
They read `platform/coverage`; contract and quarantine checks belong to the load itself (`raw.py`)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from spapi_assets.assets.raw import raw_key
from spapi_assets.automation import COVERAGE, after_coverage
from spapi_assets.datasets.loader import Registry
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.settings import Settings

if TYPE_CHECKING:
    from spapi_assets.ingest.coverage import CoverageRow

# States in which somebody has to act, and states in which a number may be missing until Amazon or the queue moves on.
WRONG = frozenset({"failed", "denied", "empty_suspected"})
WAITING = frozenset({"requested", "not_published", "throttled", "missing"})


@dataclass
class Verdict:
    """One dataset's completeness: days per state, and the days somebody must look at, by account."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[tuple[date, str, str]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def passed(self) -> bool:
        return not self.wrong

    @property
    def sentence(self) -> str:
        total = sum(self.counts.values())
        states = ", ".join(f"{n} {state}" for state, n in self.counts.most_common())
        if self.passed:
            return f"{total} days: {states}. Nothing needs a person."
        accounts = "; ".join(
            f"{account}: {len(days)} days from {days[0][0]} ({days[0][1]})" for account, days in self.wrong.items()
        )
        return f"{total} days: {states}. Look at {accounts}."


def judge(rows: "Iterable[CoverageRow]") -> dict[str, Verdict]:
    """Completeness per dataset from coverage rows (any order)."""
    verdicts: dict[str, Verdict] = defaultdict(Verdict)
    for row in sorted(rows, key=lambda r: (r.dataset, r.account, r.marketplace or "", r.date)):
        verdict = verdicts[row.dataset]
        verdict.counts[row.state] += 1
        if row.state in WRONG:
            account = row.account if row.marketplace is None else f"{row.account}.{row.marketplace}"
            verdict.wrong[account].append((row.date, row.state, row.reason))
    return verdicts


def completeness_checks(registry: Registry, settings: Settings) -> dg.AssetChecksDefinition:
    """`completeness` on every raw dataset, evaluated whenever coverage was rebuilt."""
    datasets = [d.name for r in registry.reports.values() if settings.partition_keys(r) for d in r.datasets]

    @dg.multi_asset_check(
        name="completeness",
        can_subset=True,  # a run that loads one dataset judges that one
        specs=[
            dg.AssetCheckSpec(
                "completeness",
                asset=raw_key(name),
                additional_deps=[COVERAGE],
                description="No day of any account failed, was denied or is suspiciously empty.",
                automation_condition=after_coverage,
            )
            for name in datasets
        ],
    )
    def completeness(context: dg.AssetCheckExecutionContext, platform: PlatformResource) -> Iterator[dg.AssetCheckResult]:
        from spapi_assets.ingest.coverage import coverage

        chosen = {key.asset_key for key in context.selected_asset_check_keys}
        wanted = [name for name in datasets if raw_key(name) in chosen]
        verdicts = judge(coverage(platform.context(), datasets=wanted))
        for name in wanted:
            verdict = verdicts.get(name, Verdict())
            records = [
                dg.TableRecord({"account": account, "day": str(day), "state": state, "reason": reason})
                for account, days in verdict.wrong.items()
                for day, state, reason in days[:20]
            ]
            yield dg.AssetCheckResult(
                check_name="completeness",
                asset_key=raw_key(name),
                passed=verdict.passed,
                severity=dg.AssetCheckSeverity.WARN,
                description=verdict.sentence,
                metadata={
                    **{f"days {s}": n for s, n in verdict.counts.items()},
                    **({"days to look at": dg.MetadataValue.table(records)} if records else {}),
                },
            )

    return completeness
