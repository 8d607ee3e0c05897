"""The Data Kiosk API of the simulator: lives of queries, pages, documents, lists and refusals after Amazon's model."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from spapi_assets.simulator.server import Simulator

from .amazon import Models
from .conftest import DE, US
from .kiosk import BY_DAY, ST, download, finished
from .neighbours import Store, ago, business_at_now


@pytest.fixture
def kiosk(amazon_models: Models) -> Iterator[dict[str, Store]]:
    """A simulator of the test's own, in which it lets time pass."""
    with business_at_now() as simulator:
        yield {name: Store(simulator, amazon_models, name) for name in ("eu", "na", "vendor")}


def test_a_document_is_gzipped_json_lines_and_more_pages_are_new_queries(kiosk: dict[str, Store]) -> None:
    store = kiosk["eu"]
    store.simulator.state.kiosk.page_rows = 4
    query, days, token = BY_DAY % ("2026-11-02", "2026-11-11"), [], None
    pages = 0
    while True:
        done = finished(store, query, **({"paginationToken": token} if token else {}))
        answer = download(store, done["dataDocumentId"])
        assert answer.headers["Content-Encoding"] == "gzip"
        days += [json.loads(line)["startDate"] for line in answer.text.splitlines()]
        pages += 1
        if not (token := done.get("pagination", {}).get("nextToken")):
            break
        refusal = store.ask("createQuery", 400, body={"query": query.replace("11-11", "11-10"), "paginationToken": token})
        assert "not valid for this query" in refusal["errors"][0]["message"]
    assert days == [f"2026-11-{day:02d}" for day in range(2, 12)]
    assert pages == 3
    assert done["query"] == query


def test_no_data_is_done_without_a_document_and_failure_has_an_error_document(kiosk: dict[str, Store]) -> None:
    nothing = finished(kiosk["eu"], BY_DAY % ("2026-11-23", "2026-11-23"))
    assert nothing["processingStatus"] == "DONE"
    assert not {"dataDocumentId", "errorDocumentId", "pagination"} & set(nothing)
    for query, words in (
        (BY_DAY % ("2024-01-01", "2024-01-02"), "two years"),
        (BY_DAY % ("2026-11-02", "2026-11-01"), "must not be before"),
        ((BY_DAY % ("2026-11-01", "2026-11-02")).replace(DE, US), "not registered"),
    ):
        failed = finished(kiosk["eu"], query)
        assert failed["processingStatus"] == "FATAL"
        assert "dataDocumentId" not in failed
        document = download(kiosk["eu"], failed["errorDocumentId"]).json()
        assert words in document["errors"][0]["message"]
    kiosk["eu"].simulator.faults.add("fatal", report_type=ST, message="internal", times=1)
    failed = finished(kiosk["eu"], BY_DAY % ("2026-11-01", "2026-11-02"))
    assert "internal error" in download(kiosk["eu"], failed["errorDocumentId"]).text


def test_a_query_is_queued_worked_on_done_and_forgotten_after_thirty_days(kiosk: dict[str, Store]) -> None:
    store, clock = kiosk["eu"], kiosk["eu"].simulator.clock
    query_id = store.ask("createQuery", 202, body={"query": BY_DAY % ("2026-11-01", "2026-11-02")})["queryId"]
    path = {"queryId": query_id}
    seen = [store.ask("getQuery", path=path)["processingStatus"]]
    clock.advance(30)
    seen.append(store.ask("getQuery", path=path)["processingStatus"])
    clock.advance(31)
    done = store.ask("getQuery", path=path)
    assert [*seen, done["processingStatus"]] == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    kiosk["na"].ask("getQuery", 404, path=path)
    kiosk["na"].ask("getDocument", 404, path={"documentId": done["dataDocumentId"]})
    store.ask("cancelQuery", 400, path=path)
    other = store.ask("createQuery", 202, body={"query": BY_DAY % ("2026-11-01", "2026-11-02")})["queryId"]
    store.ask("cancelQuery", 204, path={"queryId": other})
    store.ask("cancelQuery", 204, path={"queryId": other})
    clock.advance(61)
    assert store.ask("getQuery", path={"queryId": other})["processingStatus"] == "CANCELLED"
    clock.advance(30 * 86400)
    store.ask("getQuery", 404, path=path)
    store.ask("getDocument", 404, path={"documentId": done["dataDocumentId"]})


def test_lists_of_queries_repeat_their_parameters(kiosk: dict[str, Store]) -> None:
    store = kiosk["eu"]
    ids = []
    for day in range(1, 8):
        ids.append(store.ask("createQuery", 202, body={"query": BY_DAY % (f"2026-11-0{day}", "2026-11-09")})["queryId"])
        store.simulator.clock.advance(61)
    query = {"processingStatuses": ["DONE", "FATAL"], "pageSize": 3}
    first = store.ask("getQueries", **query)
    token = first["pagination"]["nextToken"]
    store.refused("getQueries", "do not match", paginationToken=token)
    second = store.ask("getQueries", **query | {"pageSize": 100}, paginationToken=token)
    assert [q["queryId"] for q in first["queries"] + second["queries"]] == ids[::-1]
    assert "pagination" not in second
    assert store.ask("getQueries", processingStatuses="CANCELLED") == {"queries": []}
    assert store.ask("getQueries", createdUntil=ago(minutes=1)) == {"queries": []}


def test_what_createquery_refuses(kiosk: dict[str, Store]) -> None:
    good = BY_DAY % ("2026-11-01", "2026-11-02")

    def refused(query: str) -> str:
        return kiosk["eu"].ask("createQuery", 400, body={"query": query})["errors"][0]["message"]

    assert "not valid GraphQL" in refused(good[:-1])
    assert "does not fit the schema" in refused(good.replace("{ startDate }", "{ startDate unitsSold }"))
    assert "does not fit the schema" in refused(good.replace("aggregateBy: DAY,", ""))
    assert "A Date must be" in refused(good.replace("2026-11-01", "yesterday"))
    assert "no data set" in refused(good.replace(ST, "analytics_salesAndTraffic_2023_11_15"))
    assert "exactly one data set" in refused(good[:-1] + f" other: {ST} {{ __typename }} }}")
    assert "without variables" in refused("query Q($day: Date!) " + good)
    long = good.replace("{ startDate }", "{ startDate " + " ".join(f"d{n}: startDate" for n in range(600)) + " }")
    assert "at most 8,000" in refused(long)
    kiosk["eu"].ask("createQuery", 202, body={"query": good.replace(" ", " " * 90)})
    assert "startDate" in good
    kiosk["vendor"].ask("createQuery", 403, body={"query": good})


def test_sixty_an_hour_and_ten_at_once(amazon_models: Models) -> None:
    body = {"query": BY_DAY % ("2026-11-01", "2026-11-02")}
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "eu")
        for _ in range(10):
            store.ask("createQuery", 202, body=body)
        assert "10 queries" in store.ask("createQuery", 429, body=body)["errors"][0]["details"]
        simulator.clock.advance(61)
        store.ask("createQuery", 202, body=body)

    with Simulator(now=simulator.clock.now(), processing_seconds=1, token_seconds=10**8) as simulator:
        store = Store(simulator, amazon_models, "eu")

        def made() -> int:
            count = 0
            while store.client.call("POST", "/dataKiosk/2023-11-15/queries", json=body).status_code == 202:
                count += 1
                simulator.clock.advance(1.5)
            return count

        assert made() == 15
        simulator.clock.advance(600)
        assert made() in (10, 11)
