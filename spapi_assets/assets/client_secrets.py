"""The check `client_secrets`: fails 30 days before an application's client secret ends, with its accounts and what to do.
What is known of their ends is `ingest/secret_expiry.py`."""

from typing import Any

import dagster as dg

from spapi_assets.assets.platform import REPORTS
from spapi_assets.automation import after_coverage
from spapi_assets.resources.platform import PlatformResource


def client_secrets_check() -> dg.AssetChecksDefinition:
    """On the report ledger, which is rebuilt after every load: so the check is looked at every day there is work."""

    @dg.asset_check(
        asset=REPORTS,
        name="client_secrets",
        automation_condition=after_coverage,
        description="No application's client secret ends within 30 days (Amazon ends them after 180).",
    )
    def client_secrets(platform: PlatformResource) -> dg.AssetCheckResult:
        from spapi_assets.ingest.secret_expiry import secret_expiry_findings

        ctx = platform.context()
        findings = secret_expiry_findings(ctx, ctx.now())
        failing = [f for f in findings if not f.passed]
        metadata: dict[str, Any] = {f.application: f.sentence for f in findings}
        said = " ".join(f.sentence for f in failing or findings) or "Amazon has told the end of no client secret yet."
        return dg.AssetCheckResult(passed=not failing, description=said, metadata=metadata)

    return client_secrets
