"""Amazon's messages in the spelling of the registry: out of EventBridge's envelope, keys in the casing of the columns' paths.
A message that is spelt so already stays as it is, to the byte; no value is ever changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from spapi_assets.datasets.model import ApiSource
from spapi_assets.ingest.documents.json_values import dump, parse
from spapi_assets.ingest.notifications.envelope import unwrap

_STEP = re.compile(r"[A-Za-z_][\w-]*")
_CHOICE = re.compile(r"\[[^\]]*\]")


class Spelling:
    """How a source's columns, sections and exclusions spell the members of its messages."""

    def __init__(self, source: ApiSource) -> None:
        self._names = {name.casefold(): name for name in _names(source)}
        self._spelt = set(self._names.values())

    def of(self, body: str) -> tuple[Any, str, bool]:
        """The message parsed, its text as it goes into a document, and whether that is the body itself.

        Raises ValueError for what Python's reader lets pass although it is no JSON, or is ambiguous: NaN, a key with two values.
        """
        whole = parse(body.encode("utf-8", "surrogatepass"))
        message, _ = unwrap(whole, lambda text: parse(text.encode("utf-8", "surrogatepass")))
        spelt, changed = self._respelt(message)
        if message is whole and not changed:
            return message, body.strip(), True
        return spelt, dump(spelt), False

    def _respelt(self, value: Any) -> tuple[Any, bool]:
        if isinstance(value, list):
            pairs = [self._respelt(one) for one in value]
            return ([one for one, _ in pairs], True) if any(changed for _, changed in pairs) else (value, False)
        if not isinstance(value, dict):
            return value, False
        result, changed = {}, False
        for key, inner in value.items():
            name = key if key in self._spelt else self._names.get(key.casefold(), key)
            if name != key and name in value:  # both spellings are there: which one is meant is not ours to say
                name = key
            inner, deeper = self._respelt(inner)
            result[name] = inner
            changed = changed or deeper or name != key
        return (result, True) if changed else (value, False)


def _names(source: ApiSource) -> Iterator[str]:
    paths = [*source.excluded_sections]
    for dataset in source.datasets:
        paths += [dataset.section or "", *dataset.excluded]
        for column in dataset.columns:
            paths += [column.path or "", *column.aliases]
    for path in paths:
        if not path.startswith(("/fetched_at", "/request")):
            yield from _STEP.findall(_CHOICE.sub("", path.removeprefix("pages.response").removeprefix("/response")))
