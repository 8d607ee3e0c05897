"""The simulator against clients that are not ours: Amazon's own SDK (amzn-sp-api) and python-amazon-sp-api, over real HTTP.
Only their endpoints are redirected; everything else is as an ordinary user of theirs would call it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from spapi_assets.simulator.accounts import CLIENT_ID, CLIENT_SECRET
from spapi_assets.simulator.server import Simulator

from .conftest import DE, NOTIFICATIONS, ORDERS, SELLER, eventually

ARN = "arn:aws:sqs:eu-west-1:123456789012:spapi-notifications"
WINDOW = {"start": "2026-09-01T00:00:00Z", "end": "2026-09-08T00:00:00Z"}
HEADER = ["amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date"]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """The simulator that users start, with the whole business, only quicker."""
    with Simulator(processing_seconds=0.4) as running:
        yield running


class TestAmazonsOwnSdk:
    """amzn-sp-api, imported as `spapi`."""

    @staticmethod
    def connect(simulator: Simulator, **credentials: str) -> Any:
        from spapi import SPAPIConfig
        from spapi.client import SPAPIClient

        config = SPAPIConfig(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, region="EU", **credentials)
        return SPAPIClient(config, oauth_endpoint=f"{simulator.url}/auth/o2/token", endpoint=f"{simulator.url}/eu").api_client

    def test_it_creates_polls_and_downloads_a_report(self, simulator: Simulator) -> None:
        from spapi import ReportsApi
        from spapi.models.reports_v2021_06_30.create_report_specification import CreateReportSpecification

        api = ReportsApi(self.connect(simulator, refresh_token=SELLER))
        wish = CreateReportSpecification(
            report_type=ORDERS, marketplace_ids=[DE], data_start_time=WINDOW["start"], data_end_time=WINDOW["end"]
        )
        report_id = api.create_report(wish).report_id
        report = eventually(lambda: (r := api.get_report(report_id)).processing_status == "DONE" and r, pause=0.3)
        listed = api.get_reports(report_types=[ORDERS], processing_statuses=["DONE"], marketplace_ids=[DE], page_size=10)
        assert [found.report_id for found in listed.reports] == [report_id]
        document = api.get_report_document(report.report_document_id)
        lines = gzip.decompress(requests.get(document.url, timeout=10).content).decode("cp1252").splitlines()
        assert lines[0].split("\t")[:4] == HEADER
        assert len(lines) > 10

    def test_it_sees_a_refusal_as_its_api_exception(self, simulator: Simulator) -> None:
        from spapi import ReportsApi
        from spapi.rest import ApiException

        api = ReportsApi(self.connect(simulator, refresh_token=SELLER))
        with pytest.raises(ApiException) as refused:
            api.get_report("1")
        assert refused.value.status == 404
        assert refused.value.headers["x-amzn-RequestId"]

    def test_it_cancels_and_lists_marketplaces_and_subscribes(self, simulator: Simulator) -> None:
        from spapi import NotificationsApi, ReportsApi, SellersApi
        from spapi.models.reports_v2021_06_30.create_report_specification import CreateReportSpecification

        simulator.state.book.processing_seconds = 3600
        client = self.connect(simulator, refresh_token=SELLER)
        reports = ReportsApi(client)
        report_id = reports.create_report(CreateReportSpecification(report_type=ORDERS, marketplace_ids=[DE])).report_id
        reports.cancel_report(report_id)
        assert reports.get_report(report_id).processing_status == "CANCELLED"
        found = SellersApi(client).get_marketplace_participations().payload
        assert "DE" in {row.marketplace.country_code for row in found}
        grantless = NotificationsApi(self.connect(simulator, scope=NOTIFICATIONS))
        body = {"name": "queue", "resourceSpecification": {"sqs": {"arn": ARN}}}
        destination = grantless.create_destination(body).payload
        wish = {"payloadVersion": "1.0", "destinationId": destination.destination_id}
        created = NotificationsApi(client).create_subscription("REPORT_PROCESSING_FINISHED", wish).payload
        assert grantless.get_subscription_by_id(created.subscription_id, "REPORT_PROCESSING_FINISHED").payload == created


class TestPythonAmazonSpApi:
    """python-amazon-sp-api, imported as `sp_api`."""

    CREDENTIALS = {"refresh_token": SELLER, "lwa_app_id": CLIENT_ID, "lwa_client_secret": CLIENT_SECRET}  # noqa: RUF012

    @pytest.fixture(autouse=True)
    def _redirected(self, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
        from sp_api.auth import access_token_client
        from sp_api.base import Marketplaces

        monkeypatch.setattr(Marketplaces.DE, "endpoint", simulator.url)
        monkeypatch.setattr(access_token_client.AccessTokenClient, "scheme", "http://")
        monkeypatch.setattr(access_token_client.AccessTokenClient, "host", simulator.url.removeprefix("http://"))
        access_token_client.cache.clear()
        access_token_client.grantless_cache.clear()

    def test_it_creates_polls_and_downloads_a_report(self) -> None:
        from sp_api.api import Reports
        from sp_api.base import Marketplaces

        reports = Reports(marketplace=Marketplaces.DE, credentials=self.CREDENTIALS)
        # No marketplaceIds: the library adds them itself, with the misspellings that Amazon tolerates.
        created = reports.create_report(reportType=ORDERS, dataStartTime=WINDOW["start"], dataEndTime=WINDOW["end"])
        report_id = created.payload["reportId"]
        assert created.rate_limit == "0.0167"
        report = eventually(lambda: (r := reports.get_report(report_id).payload)["processingStatus"] == "DONE" and r, pause=0.3)
        listed = reports.get_reports(reportTypes=[ORDERS], pageSize=10).payload
        assert [found["reportId"] for found in listed["reports"]] == [report_id]
        answer = reports.get_report_document(report["reportDocumentId"], download=True)
        lines = answer.payload["document"].splitlines()
        assert lines[0].split("\t")[:4] == HEADER
        assert len(lines) > 10
        assert answer.character_code.lower() == "cp1252"

    def test_it_follows_the_next_token(self) -> None:
        from sp_api.api import Reports
        from sp_api.base import Marketplaces

        reports = Reports(marketplace=Marketplaces.DE, credentials=self.CREDENTIALS)
        for _ in range(3):
            reports.create_report(reportType=ORDERS)
        first = reports.get_reports(reportTypes=[ORDERS], pageSize=2)
        second = reports.get_reports(nextToken=first.next_token)
        ids = [report["reportId"] for page in (first, second) for report in page.payload["reports"]]
        assert len(set(ids)) == 3

    def test_it_sees_throttling_and_expired_tokens_as_its_own_exceptions(self, simulator: Simulator) -> None:
        from sp_api.api import Reports
        from sp_api.base import Marketplaces, SellingApiForbiddenException, SellingApiRequestThrottledException

        reports = Reports(marketplace=Marketplaces.DE, credentials=self.CREDENTIALS)
        simulator.faults.add("429", times=1)
        with pytest.raises(SellingApiRequestThrottledException):
            reports.get_report("1")
        simulator.clock.advance(3601)
        with pytest.raises(SellingApiForbiddenException):
            reports.get_report("1")

    def test_it_subscribes_to_notifications(self) -> None:
        from sp_api.api import Notifications
        from sp_api.base import Marketplaces, NotificationType

        notifications = Notifications(marketplace=Marketplaces.DE, credentials=self.CREDENTIALS)
        destination = notifications.create_destination("queue", arn=ARN).payload["destinationId"]
        wanted = NotificationType.REPORT_PROCESSING_FINISHED
        created = notifications.create_subscription(wanted.value, destination_id=destination).payload
        assert notifications.get_subscription(wanted.value).payload["subscriptionId"] == created["subscriptionId"]
        assert [found["destinationId"] for found in notifications.get_destinations().payload] == [destination]
