"""The table of operations against Amazon's own swagger models: each entry's method, path, rate and burst."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from spapi_assets.spapi import operations as ops

# Amazon's model of invoices states no usage plan, so ours must stay below that of the other finance reads.
WITHOUT_PLAN = {"getInvoiceHeaders", "getInvoice"}
# Asked with POST, but Amazon makes nothing; or Amazon refuses or replaces a twin.
REPEATABLE_POSTS = {
    "createReportSchedule",
    "createDestination",
    "createSubscription",
    "createRestrictedDataToken",
    "sendTestNotification",
    "getCompetitiveSummary",
    "getFeaturedOfferExpectedPriceBatch",
    "getMyFeesEstimates",
}


@pytest.fixture(scope="module")
def described(amazon_reference: Path) -> dict[tuple[str, str], dict]:
    """(method, path) -> the operation of the model that has it."""
    found = {}
    for file in sorted((amazon_reference / "models").glob("*/*.json")):
        for path, methods in json.loads(file.read_text("utf-8"))["paths"].items():
            for method, operation in methods.items():
                if isinstance(operation, dict) and "operationId" in operation:
                    found[method.upper(), path] = operation
    return found


@pytest.mark.parametrize("operation", ops.ALL, ids=lambda operation: operation.name)
def test_method_path_rate_and_burst_are_those_of_amazons_model(
    operation: ops.Operation, described: dict[tuple[str, str], dict]
) -> None:
    amazons = described[operation.method, operation.path]
    assert amazons["operationId"] == operation.name
    plans = re.findall(r"\|\s*(\d*\.?\d+)\s*\|\s*(\d+)\s*\|", amazons.get("description", ""))
    assert bool(plans) == (operation.name not in WITHOUT_PLAN)
    for rate, burst in plans:
        assert (operation.plan.rate, operation.plan.burst) == (float(rate), int(burst))


def test_an_operation_without_a_published_plan_is_asked_for_more_carefully_than_its_neighbours() -> None:
    neighbour = ops.LIST_TRANSACTIONS.plan
    for name in WITHOUT_PLAN:
        assert ops.BY_NAME[name].plan.rate < neighbour.rate
        assert ops.BY_NAME[name].plan.burst < neighbour.burst


def test_no_two_operations_share_a_name_so_none_is_lost_and_no_two_share_a_bucket() -> None:
    assert len(ops.BY_NAME) == len(ops.ALL)
    assert len({(operation.method, operation.path) for operation in ops.ALL}) == len(ops.ALL)


def test_what_makes_a_second_thing_when_repeated_is_marked_so() -> None:
    repeated = {operation.name for operation in ops.ALL if operation.method == "POST" and operation.kind == "repeat"}
    assert repeated == REPEATABLE_POSTS
    assert {operation.method for operation in ops.ALL if operation.kind == "create"} == {"POST"}


def test_operations_that_amazon_calls_grantless_carry_their_scope(described: dict[tuple[str, str], dict]) -> None:
    for operation in ops.ALL:
        text = described[operation.method, operation.path].get("description", "")
        if "is grantless" in text:
            assert operation.scope, operation.name
