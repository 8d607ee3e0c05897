"""The few questions and orders the demo sends to Dagster's GraphQL API: what a person would do in the UI.
Source of the shapes: the GraphQL schema of Dagster 1.13."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

_KEYS = "query { assetNodes { assetKey { path } } }"
_LATEST = """
query($keys: [AssetKeyInput!]!) { assetsLatestInfo(assetKeys: $keys) { assetKey { path }
  latestMaterialization { timestamp } } }"""
_STATS = """
query($keys: [AssetKeyInput!]!) { assetNodes(assetKeys: $keys) { assetKey { path }
  partitionStats { numPartitions numMaterialized numFailed numMaterializing } } }"""


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
        self._keys: list[dict[str, Any]] = []  # of all assets; they stay the same while the code location lives

    def answers(self) -> bool:
        """True once the code location is loaded and assets can be listed."""
        try:
            return bool(self._ask(_KEYS)["assetNodes"])
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

    def backfill(self, assets: Sequence[tuple[str, ...]], partitions: list[str], title: str) -> str:
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

    def assets(self, counted: Collection[str]) -> dict[tuple[str, ...], AssetStatus]:
        """When each asset was materialized last; partitions are counted, which takes long, of these raw datasets only."""
        self._keys = self._keys or [node["assetKey"] for node in self._ask(_KEYS)["assetNodes"]]
        some = [key for key in self._keys if key["path"][0] == "raw" and key["path"][1] in counted]
        nodes = self._ask(_STATS, {"keys": some})["assetNodes"]
        stats = {tuple(node["assetKey"]["path"]): node["partitionStats"] or {} for node in nodes}
        found = {}
        for info in self._ask(_LATEST, {"keys": self._keys})["assetsLatestInfo"]:
            key, latest = tuple(info["assetKey"]["path"]), info["latestMaterialization"]
            known = stats.get(key, {})
            found[key] = AssetStatus(
                key,
                known.get("numMaterialized") or 0,
                known.get("numFailed") or 0,
                known.get("numMaterializing") or 0,
                float(latest["timestamp"]) / 1000 if latest else None,
            )
        return found

    def runs(self, *statuses: str) -> list[dict[str, Any]]:
        answer = self._ask(_RUNS, {"filter": {"statuses": list(statuses)}})["runsOrError"]
        runs: list[dict[str, Any]] = answer["results"]
        return runs
