"""The few questions and orders the demo sends to Dagster's GraphQL API: what a person would do in the UI.
Source of the shapes: the GraphQL schema of Dagster 1.13."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

_LAUNCH = """
mutation Launch($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
    ... on UnauthorizedError { message }
    ... on PartitionKeysNotFoundError { message }
  }
}"""

_RUNS = """
query($filter: RunsFilter) { runsOrError(filter: $filter, limit: 200) { ... on Runs { results {
  runId status jobName assetSelection { path } tags { key value } startTime endTime } } } }"""

_ASSETS = """
query { assetNodes { assetKey { path } partitionStats { numPartitions numMaterialized numFailed numMaterializing }
  assetMaterializations(limit: 1) { timestamp } } }"""


class DagsterApiError(RuntimeError):
    """Dagster refused an order or answered with an error."""


@dataclass(frozen=True)
class AssetStatus:
    """How far an asset is: partitions materialized of all, and when it was materialized last (epoch seconds)."""

    key: tuple[str, ...]
    materialized: int
    failed: int
    running: int
    last: float | None


class DagsterApi:
    """A running webserver's GraphQL endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()

    def answers(self) -> bool:
        """True once the code location is loaded and assets can be listed."""
        try:
            return bool(self._ask("query { assetNodes { assetKey { path } } }")["assetNodes"])
        except (requests.RequestException, DagsterApiError, KeyError):
            return False

    def _ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        response = self._http.post(f"{self.url}/graphql", json={"query": query, "variables": variables or {}}, timeout=60)
        response.raise_for_status()
        body = response.json()
        if body.get("errors"):
            raise DagsterApiError(f"Dagster answered: {body['errors'][0].get('message')}")
        data: dict[str, Any] = body["data"]
        return data

    def backfill(self, assets: list[tuple[str, ...]], partitions: list[str], title: str) -> str:
        """Launch a partitioned back-fill, as the UI's dialog does; returns its id."""
        params = {
            "assetSelection": [{"path": list(a)} for a in assets],
            "partitionNames": partitions,
            "title": title,
            "tags": [],
            "forceSynchronousSubmission": False,
        }
        answer = self._ask(_LAUNCH, {"params": params})["launchPartitionBackfill"]
        if answer["__typename"] != "LaunchBackfillSuccess":
            raise DagsterApiError(f"Back-fill '{title}' was refused ({answer['__typename']}): {answer.get('message')}")
        return str(answer["backfillId"])

    def assets(self) -> dict[tuple[str, ...], AssetStatus]:
        found = {}
        for node in self._ask(_ASSETS)["assetNodes"]:
            stats = node["partitionStats"] or {}
            latest = node["assetMaterializations"]
            key = tuple(node["assetKey"]["path"])
            found[key] = AssetStatus(
                key,
                stats.get("numMaterialized") or 0,
                stats.get("numFailed") or 0,
                stats.get("numMaterializing") or 0,
                float(latest[0]["timestamp"]) / 1000 if latest else None,
            )
        return found

    def runs(self, *statuses: str) -> list[dict[str, Any]]:
        answer = self._ask(_RUNS, {"filter": {"statuses": list(statuses)}})["runsOrError"]
        runs: list[dict[str, Any]] = answer["results"]
        return runs
