"""The code location: settings and registry in, Dagster definitions out. The only module that knows every other.
`build_defs` is the seam for tests; nothing here opens a connection."""

from __future__ import annotations

import dagster as dg

from spapi_assets.api_automation import read_schedules, refresh_sensor, tables_sensor, unfinished_sensor
from spapi_assets.assets.apis import api_assets
from spapi_assets.assets.client_secrets import client_secrets_check
from spapi_assets.assets.completeness import completeness_checks
from spapi_assets.assets.notifications import notification_specs
from spapi_assets.assets.plan import plan_asset
from spapi_assets.assets.platform import platform_assets
from spapi_assets.assets.raw import raw_assets
from spapi_assets.assets.reconciliation import reconciliation_checks
from spapi_assets.assets.requests import request_asset
from spapi_assets.assets.review import review_asset
from spapi_assets.assets.specs import untaken_specs
from spapi_assets.assets.warehouse import dbt_resource, warehouse_assets
from spapi_assets.automation import automation_sensor
from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import WindowKind
from spapi_assets.jobs import load_jobs, read_jobs
from spapi_assets.resources.platform import LoginWithAmazonResource, PlatformResource
from spapi_assets.schedules import schedules
from spapi_assets.sensors import notification_sensor, sweep_sensor
from spapi_assets.settings import Settings, check_reports, load_settings


def build_defs(settings: Settings) -> dg.Definitions:
    """All assets, checks, schedules, sensors and resources of a deployment."""
    registry = load_registry(*settings.datasets_dirs)
    check_reports(settings.accounts, registry.sources.values())
    reports = [r for r in registry.reports.values() if settings.partition_keys(r)]
    jobs, readings = load_jobs(registry, settings), read_jobs(registry, settings)
    apis = [a for a in registry.apis.values() if a.call is not None and settings.partition_keys(a)]
    requestable = [r for r in reports if r.window.kind is not WindowKind.HARVEST]
    return dg.Definitions(
        assets=[
            *(request_asset(report, settings) for report in requestable),
            *(raw_assets(report, settings) for report in reports),
            *(api_assets(api, settings) for api in apis),
            *notification_specs(registry, settings),
            *untaken_specs(registry, settings),
            platform_assets(registry, settings),
            plan_asset(registry, settings),
            warehouse_assets(settings),
            *review_asset(settings),
        ],
        asset_checks=[completeness_checks(registry, settings), *reconciliation_checks(settings), client_secrets_check()],
        schedules=[*schedules(registry, settings), *read_schedules(registry, settings, readings)],
        jobs=[*jobs.values(), *readings.values()],
        sensors=[
            notification_sensor(registry, settings, jobs),
            sweep_sensor(),
            refresh_sensor(registry, settings, readings),
            unfinished_sensor(registry, settings, readings),
            tables_sensor(registry),
            automation_sensor(),
        ],
        resources={
            "platform": PlatformResource.of(settings),
            "login_with_amazon": LoginWithAmazonResource.of(settings),
            "dbt": dbt_resource(settings),
        },
        # A step in a process of its own costs seconds; a run is one process and its steps share it.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    return build_defs(load_settings())
