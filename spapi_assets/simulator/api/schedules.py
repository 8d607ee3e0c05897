"""The schedule operations of the Reports API 2021-06-30."""

from __future__ import annotations

from spapi_assets.simulator import validation
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.reports import known
from spapi_assets.simulator.errors import invalid_input, not_found
from spapi_assets.simulator.report_types import rules_of
from spapi_assets.simulator.schedules import PERIODS, Schedule, length_of


def create_schedule(call: Call) -> Answer:
    body = call.body(("reportType", "marketplaceIds", "period"), ("reportOptions", "nextReportCreationTime"))
    report_type = known(call, validation.text(body, "reportType"))
    if not rules_of(report_type).schedulable:
        raise invalid_input(f"Report type {report_type} cannot be scheduled.")
    marketplace_ids = tuple(validation.marketplaces(body["marketplaceIds"], call.account, most=25))
    options = validation.report_options(body.get("reportOptions", {}))
    period = validation.text(body, "period")
    if period not in PERIODS:
        raise invalid_input(f"Invalid 'period' {period!r}.", f"Allowed values: {', '.join(sorted(PERIODS))}.")
    now = call.state.clock.now()
    first = validation.parse_time("nextReportCreationTime", body.get("nextReportCreationTime")) or now + length_of(period)
    if first < now:
        raise invalid_input("'nextReportCreationTime' must not be in the past.")
    schedule = call.state.schedules.create(call.account, report_type, marketplace_ids, options, period, first)
    call.state.worker.wake()
    return {"reportScheduleId": schedule.schedule_id}


def get_schedules(call: Call) -> Answer:
    types = call.query.list("reportTypes", most=10)
    if types is None:
        raise invalid_input("'reportTypes' is required.")
    return {"reportSchedules": [schedule.describe() for schedule in call.state.schedules.list(call.account, types)]}


def get_schedule(call: Call) -> Answer:
    return _schedule(call).describe()


def cancel_schedule(call: Call) -> Answer:
    call.state.schedules.cancel(_schedule(call).schedule_id)
    return None


def _schedule(call: Call) -> Schedule:
    schedule_id = call.path["reportScheduleId"]
    schedule = call.state.schedules.find(call.account, schedule_id)
    if schedule is None:
        raise not_found(f"Report schedule {schedule_id} was not found.")
    return schedule
