"""The asset check `completeness`: on every raw dataset, whether the days of all accounts are there or on their way.
It reads the ledger through `ingest/coverage.py`; what counts as complete is `ingest/completeness.py`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from spapi_assets.assets.specs import raw_key
from spapi_assets.automation import COVERAGE, after_coverage
from spapi_assets.datasets.loader import Registry
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.settings import Settings

if TYPE_CHECKING:
    from spapi_assets.ingest.spans import Span

LINES = 300  # of a check's table: five marketplaces with a dozen different stories each are sixty


def completeness_checks(registry: Registry, settings: Settings) -> dg.AssetChecksDefinition:
    """`completeness` on every raw dataset, evaluated whenever coverage was rebuilt."""
    datasets = [d.name for r in registry.sources.values() if settings.partition_keys(r) for d in r.datasets]

    @dg.multi_asset_check(
        name="completeness",
        can_subset=True,  # a run that loads one dataset judges that one
        specs=[
            dg.AssetCheckSpec(
                "completeness",
                asset=raw_key(name),
                additional_deps=[COVERAGE],
                description="No day of any account failed, was denied, is suspiciously empty, or was left out.",
                automation_condition=after_coverage,
            )
            for name in datasets
        ],
    )
    def completeness(context: dg.AssetCheckExecutionContext, platform: PlatformResource) -> Iterator[dg.AssetCheckResult]:
        from spapi_assets.ingest.completeness import Verdict, judge
        from spapi_assets.ingest.coverage import coverage

        ctx = platform.context()
        chosen = {key.asset_key for key in context.selected_asset_check_keys}
        wanted = [name for name in datasets if raw_key(name) in chosen]
        verdicts = judge(coverage(ctx, datasets=wanted), ctx.registry.sources, ctx.now())
        for name in wanted:
            verdict = verdicts.get(name, Verdict())
            wrong = [
                {"account": account, verdict.period: str(day), "state": state, "reason": reason}
                for account, days in verdict.wrong.items()
                for day, state, reason in days[:20]
            ]
            known = [_line(span) for span in verdict.spans[:LINES]]
            yield dg.AssetCheckResult(
                check_name="completeness",
                asset_key=raw_key(name),
                passed=verdict.passed,
                severity=dg.AssetCheckSeverity.WARN,
                description=verdict.sentence,
                metadata={
                    **{f"{verdict.period}s {s}": n for s, n in verdict.counts.items()},
                    **({f"{verdict.period}s to look at": _table(wrong)} if wrong else {}),
                    **({"what is known, and what happens next": _table(known)} if known else {}),
                },
            )

    return completeness


def _line(span: "Span") -> dict[str, str | int]:
    return {
        "account": span.account_key,
        "state": span.state,
        f"{span.period}s": span.number,
        "first": str(span.first),
        "last": str(span.last),
        "reason": "" if span.settled else span.reason if span.exact else f"for one, {span.reason}",
        "next action": "" if span.settled else span.next_action,
        "next at (UTC)": f"{span.next_at:%Y-%m-%d %H:%M}" if span.next_at and not span.settled else "",
    }


def _table(rows: Sequence[Mapping[str, str | int]]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table([dg.TableRecord(dict(row)) for row in rows])
