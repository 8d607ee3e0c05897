"""Every operation's answers, good and bad, against Amazon's own models; and the quotas against the models' usage plans."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from spapi_assets.simulator.operations import OPERATIONS
from spapi_assets.simulator.server import Simulator

from .amazon import Models
from .conftest import DE, ORDERS, RESTRICTED, Client

REPORTS, NOTES = "/reports/2021-06-30", "/notifications/v1"
ARN = "arn:aws:sqs:eu-west-1:123456789012:spapi-notifications"


@pytest.fixture(scope="session")
def models(amazon_reference: Path) -> Models:
    return Models(amazon_reference)


class Checked:
    """Calls operations and checks each answer; remembers which operations were seen with which status."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.seen: set[tuple[str, int]] = set()

    def __call__(self, client: Client, name: str, expected: int, path: str, **more: Any) -> Any:
        operation = next(operation for operation in OPERATIONS if operation.name == name)
        answer: requests.Response = client.call(operation.method, path, **more)
        assert answer.status_code == expected, f"{name}: {answer.status_code} {answer.text}"
        body = answer.json() if answer.content else None
        self.models.check(name, expected, body)
        assert answer.headers["x-amzn-RequestId"]
        assert ("x-amzn-RateLimit-Limit" in answer.headers) == (expected < 300 or expected in (400, 404))
        self.seen.add((name, expected))
        return body


def test_every_operation_answers_as_amazons_models_promise(
    models: Models, simulator: Simulator, seller: Client, application: Client
) -> None:
    check = Checked(models)
    request = {"reportType": ORDERS, "marketplaceIds": [DE], "reportOptions": {"a": "true"}}
    report_id = check(seller, "createReport", 202, f"{REPORTS}/reports", json=request)["reportId"]
    check(seller, "createReport", 400, f"{REPORTS}/reports", json={"reportType": ORDERS})
    for status in ("IN_QUEUE", "IN_PROGRESS", "DONE"):
        found = check(seller, "getReport", 200, f"{REPORTS}/reports/{report_id}")
        assert found["processingStatus"] == status
        assert "reportOptions" not in found
        simulator.clock.advance(1800)
    cancelled = seller.create()
    check(seller, "cancelReport", 200, f"{REPORTS}/reports/{cancelled}")
    check(seller, "cancelReport", 400, f"{REPORTS}/reports/{report_id}")
    check(seller, "cancelReport", 404, f"{REPORTS}/reports/1")
    check(seller, "getReport", 404, f"{REPORTS}/reports/1")
    assert len(check(seller, "getReports", 200, f"{REPORTS}/reports?reportTypes={ORDERS}")["reports"]) == 2
    check(seller, "getReports", 400, f"{REPORTS}/reports")
    document = found["reportDocumentId"]
    check(seller, "getReportDocument", 200, f"{REPORTS}/documents/{document}?enableContentEncodingUrlHeader=true")
    check(seller, "getReportDocument", 404, f"{REPORTS}/documents/none")

    schedule = {"reportType": RESTRICTED, "marketplaceIds": [DE], "period": "P1D"}
    schedule_id = check(seller, "createReportSchedule", 201, f"{REPORTS}/schedules", json=schedule)["reportScheduleId"]
    check(seller, "createReportSchedule", 400, f"{REPORTS}/schedules", json=schedule | {"period": "P4D"})
    check(seller, "getReportSchedule", 200, f"{REPORTS}/schedules/{schedule_id}")
    check(seller, "getReportSchedules", 200, f"{REPORTS}/schedules?reportTypes={RESTRICTED}")
    check(seller, "getReportSchedules", 400, f"{REPORTS}/schedules")
    check(seller, "cancelReportSchedule", 200, f"{REPORTS}/schedules/{schedule_id}")
    check(seller, "getReportSchedule", 404, f"{REPORTS}/schedules/{schedule_id}")

    specification = {"name": "queue", "resourceSpecification": {"sqs": {"arn": ARN}}}
    destination = check(application, "createDestination", 200, f"{NOTES}/destinations", json=specification)["payload"]
    check(application, "createDestination", 409, f"{NOTES}/destinations", json=specification)
    check(application, "createDestination", 400, f"{NOTES}/destinations", json={"name": "x", "resourceSpecification": {}})
    bus = {"name": "bus", "resourceSpecification": {"eventBridge": {"accountId": "123456789012", "region": "eu-west-1"}}}
    check(application, "createDestination", 200, f"{NOTES}/destinations", json=bus)
    simulator.state.buckets.refill()
    assert len(check(application, "getDestinations", 200, f"{NOTES}/destinations")["payload"]) == 2
    check(application, "getDestination", 200, f"{NOTES}/destinations/{destination['destinationId']}")
    path = f"{NOTES}/subscriptions/REPORT_PROCESSING_FINISHED"
    wish = {"payloadVersion": "1.0", "destinationId": destination["destinationId"]}
    subscription = check(seller, "createSubscription", 200, path, json=wish)["payload"]
    check(seller, "createSubscription", 409, path, json=wish)
    check(seller, "createSubscription", 404, path, json=wish | {"destinationId": "none"})
    check(seller, "getSubscription", 200, path)
    check(seller, "getSubscription", 404, f"{NOTES}/subscriptions/ORDER_CHANGE")
    check(seller, "getSubscriptions", 200, f"{NOTES}/subscriptions?notificationTypes=REPORT_PROCESSING_FINISHED")
    check(application, "getSubscriptionById", 200, f"{path}/{subscription['subscriptionId']}")
    check(application, "deleteSubscriptionById", 200, f"{path}/{subscription['subscriptionId']}")
    check(application, "getSubscriptionById", 404, f"{path}/{subscription['subscriptionId']}")
    check(application, "deleteDestination", 200, f"{NOTES}/destinations/{destination['destinationId']}")
    check(application, "getDestination", 404, f"{NOTES}/destinations/{destination['destinationId']}")

    check(seller, "getMarketplaceParticipations", 200, "/sellers/v1/marketplaceParticipations")
    check(seller, "getAccount", 200, "/sellers/v1/account")

    restricted = seller.finished(seller.create(RESTRICTED))["reportDocumentId"]
    resources = [{"method": "GET", "path": f"{REPORTS}/documents/{restricted}"}]
    tokens = "/tokens/2021-03-01/restrictedDataToken"
    body = check(seller, "createRestrictedDataToken", 200, tokens, json={"restrictedResources": resources})
    assert body["expiresIn"] == simulator.state.tokens.lifetime_seconds
    check(seller, "createRestrictedDataToken", 400, tokens, json={"restrictedResources": []})
    tested_here = {operation.name for operation in OPERATIONS if not models.is_neighbour(operation.name)}
    assert {name for name, status in check.seen if status < 300} == tested_here


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("500", 500), ("403_denied", 403)])
def test_faults_have_amazons_error_shape_too(
    models: Models, simulator: Simulator, seller: Client, kind: str, status: int
) -> None:
    simulator.faults.add(kind, message="because")
    check = Checked(models)
    check(seller, "getReport", status, f"{REPORTS}/reports/1")
    check(seller, "getMarketplaceParticipations", status, "/sellers/v1/marketplaceParticipations")


def test_rates_and_bursts_are_those_of_amazons_usage_plans(models: Models) -> None:
    for operation in OPERATIONS:
        description = models.operation(operation.name)[1]["description"]
        plan = re.findall(r"\| ([\d.]+) \| (\d+) \|", description)
        if plan:  # the models of invoices state none
            assert (operation.rate, operation.burst) == (float(plan[0][0]), int(plan[0][1])), operation.name


def test_getreports_refuses_what_amazon_refuses(models: Models, seller: Client, simulator: Simulator) -> None:
    check = Checked(models)
    path = f"{REPORTS}/reports?reportTypes={ORDERS}"
    old = (datetime.now(UTC) - timedelta(days=91)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for wrong in (
        "&pageSize=0",
        "&pageSize=101",
        "&pageSize=ten",
        "&processingStatuses=FINISHED",
        "&createdSince=yesterday",
        f"&createdSince={old}",
        "&nextToken=AAAA",
        "&reportType=GET_OTHER",
    ):
        simulator.state.buckets.refill()
        check(seller, "getReports", 400, path + wrong)
    check(seller, "getReports", 400, f"{REPORTS}/reports?reportTypes={','.join(f'T{n}' for n in range(11))}")
    check(seller, "getReports", 400, f"{REPORTS}/reports?nextToken=bm90IG91cnM=")


def test_createreport_refuses_what_amazon_refuses(models: Models, seller: Client, simulator: Simulator) -> None:
    check = Checked(models)
    good = {"reportType": ORDERS, "marketplaceIds": [DE]}
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for wrong in (
        {"reportType": "GET_UNKNOWN"},
        {"reportType": 5},
        {"marketplaceIds": []},
        {"marketplaceIds": [DE] * 26},
        {"marketplaceIds": DE},
        {"marketplaceIds": ["A000"]},
        {"reportOptions": {"reportPeriod": True}},
        {"dataEndTime": tomorrow},
        {"dataStartTime": tomorrow},
        {"dataStartTime": "2026-13-01"},
        {"surprise": "member"},
    ):
        simulator.state.buckets.refill()
        check(seller, "createReport", 400, f"{REPORTS}/reports", json=good | wrong)
    check(seller, "createReport", 400, f"{REPORTS}/reports", data=b"{not json", headers={"content-type": "application/json"})
    check(seller, "createReport", 415, f"{REPORTS}/reports", data=b"{}", headers={"content-type": "text/plain"})
