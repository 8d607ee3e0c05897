"""Asking Data Kiosk in tests: whole queries of Amazon's schemas, their end, their documents, and rows held against the types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, build_schema, get_named_type

from spapi_assets.simulator.kiosk import schema as embedded

from .conftest import DE
from .neighbours import Store

ST, EC, VA = embedded.SALES_AND_TRAFFIC, embedded.ECONOMICS, embedded.VENDOR_ANALYTICS
FILES = {
    ST: "analytics_salesAndTraffic_2024_04_24",
    EC: "analytics_economics_2024_03_15",
    VA: "analytics_vendorAnalytics_2024_09_30",
}
# One store by day; the first and the last date are to be filled in.
BY_DAY = (
    f'{{ {ST} {{ salesAndTrafficByDate(startDate: "%s", endDate: "%s", aggregateBy: DAY, marketplaceIds: ["{DE}"]) '
    "{ startDate } } }"
)


def read_schemas(reference: Path) -> dict[str, GraphQLSchema]:
    """Amazon's own."""
    folder = reference / "schemas" / "data-kiosk"
    return {name: build_schema((folder / f"{file}.graphql").read_text("utf-8")) for name, file in FILES.items()}


def everything(schema: GraphQLSchema, kind: Any) -> str:
    """A selection of every field below a type."""
    named = get_named_type(kind)
    if not isinstance(named, GraphQLObjectType):
        return ""
    return "{" + " ".join(name + everything(schema, field.type) for name, field in named.fields.items()) + "}"


def whole(schemas: dict[str, GraphQLSchema], dataset: str, view: str, arguments: str) -> str:
    """A query for every field of a view."""
    root = get_named_type(schemas[dataset].query_type.fields[dataset].type)
    return f"query Whole {{ {dataset} {{ {view}({arguments}) {everything(schemas[dataset], root.fields[view].type)} }} }}"


def finished(store: Store, query: str, **more: Any) -> dict[str, Any]:
    """The query after its processing, whatever became of it."""
    query_id = store.ask("createQuery", 202, body={"query": query, **more})["queryId"]
    store.simulator.clock.advance(61)
    return store.ask("getQuery", path={"queryId": query_id})


def download(store: Store, document_id: str) -> requests.Response:
    url = store.ask("getDocument", path={"documentId": document_id})["documentUrl"]
    return requests.get(url, timeout=10)


def rows_of(store: Store, query: str) -> list[dict[str, Any]]:
    done = finished(store, query)
    if done["processingStatus"] == "FATAL":
        pytest.fail(download(store, done["errorDocumentId"]).text)
    assert done["processingStatus"] == "DONE"
    return [json.loads(line) for line in download(store, done["dataDocumentId"]).text.splitlines()]


def check(schema: GraphQLSchema, kind: Any, value: Any, place: str = "") -> None:
    """Fail unless a value is of a type of Amazon's schema, with exactly the type's fields."""
    if isinstance(kind, GraphQLNonNull):
        assert value is not None, f"{place} must not be null"
        check(schema, kind.of_type, value, place)
    elif value is None:
        return
    elif isinstance(kind, GraphQLList):
        for n, one in enumerate(value):
            check(schema, kind.of_type, one, f"{place}[{n}]")
    elif isinstance(kind, GraphQLObjectType):
        assert set(value) == set(kind.fields), place
        for name, field in kind.fields.items():
            check(schema, field.type, value[name], f"{place}.{name}")
    else:
        types = {"Long": int, "Int": int, "Float": (int, float), "String": str, "Date": str}
        assert isinstance(value, types.get(str(kind), str)), f"{place} is {value!r}, not {kind}"
        assert not isinstance(value, bool)


def checked(schemas: dict[str, GraphQLSchema], dataset: str, view: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    root = get_named_type(schemas[dataset].query_type.fields[dataset].type)
    for row in rows:
        check(schemas[dataset], get_named_type(root.fields[view].type), row, view)
    return rows
