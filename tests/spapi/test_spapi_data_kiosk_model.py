"""The Data Kiosk client against the server that is built from Amazon's model alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from spapi_assets.spapi.auth import InMemoryTokenCache, LwaClient, LwaCredentials
from spapi_assets.spapi.data_kiosk import DataKioskApi
from spapi_assets.spapi.session import SpApiSession
from spapi_assets.spapi.throttle import InMemoryThrottle

if TYPE_CHECKING:
    from model_server import ModelServer


def test_every_call_of_the_client_is_legal_by_the_model(model_server: ModelServer) -> None:
    lwa = LwaClient(
        "a", lambda: LwaCredentials("c", "s", "Atzr|seller"), InMemoryTokenCache(), f"{model_server.url}/auth/o2/token"
    )
    session = SpApiSession("a", "eu", "A1", lwa, InMemoryThrottle(), application_id="c", endpoint_url=model_server.url)
    kiosk = DataKioskApi(session)
    query_id = kiosk.create_query('query { analytics { field(startDate: "2026-11-01") { a } } }')
    assert kiosk.create_query("query { a { b } }", "a token")
    info = kiosk.get_query(query_id)
    assert info.created.tzinfo is not None
    found = kiosk.queries(statuses=["DONE", "FATAL"], created_since=datetime.now(UTC) - timedelta(days=1), page_size=10)
    assert next(iter(found), info).query_id
    assert kiosk.get_document("document").url
    kiosk.cancel_query(query_id)
