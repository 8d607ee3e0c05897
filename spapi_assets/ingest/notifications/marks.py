"""Changes of listings, catalog items and orders become refresh marks, one an identifier, however many messages tell of it.
Where marks are kept is `aws/refreshes.py`; reading what they name is `ingest/reading/`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.route import Mark

Change = tuple[Mark, str, datetime | None]  # why (the notification type), and when it happened


class Marking:
    """Asks for refreshes during one tick. A change older than an earlier asking of the tick is covered by it."""

    def __init__(self, ctx: IngestContext) -> None:
        self._ctx = ctx
        self._asked: dict[tuple[str, str, str], datetime] = {}

    def ask(self, changes: Iterable[Change]) -> int:
        """Mark each identifier once; returns how many were asked for. Raises AwsError; all of it may be repeated.

        The time of asking is now, when the change was learned: a reading that began before may not have seen it.
        """
        wanted: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
        doubtful: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
        for mark, reason, happened in changes:
            before = self._asked.get((mark.source, mark.account_key, mark.identifier))
            if before is not None and happened is not None and happened < before:
                continue
            where = doubtful if mark.if_known else wanted
            where[mark.source, mark.account_key, reason if not mark.if_known else f"{reason}#{mark.kind}"][mark.identifier] = None
        for (source, account_key, told), identifiers in doubtful.items():
            reason, _, kind = told.partition("#")
            wanted[source, account_key, reason].update(dict.fromkeys(self._known(kind, account_key, identifiers)))
        asked: set[tuple[str, str, str]] = set()
        for (source, account_key, reason), identifiers in wanted.items():
            if not identifiers:
                continue
            at = self._ctx.now()
            self._ctx.refreshes.ask(source, account_key, identifiers, reason, at)
            asked.update((source, account_key, identifier) for identifier in identifiers)
            self._asked.update(((source, account_key, identifier), at) for identifier in identifiers)
        return len(asked)

    def _known(self, kind: str, account_key: str, identifiers: Iterable[str]) -> Iterator[str]:
        """Of a message that names no selling partner: those this account is known to have (fed by listings and reports)."""
        account, _, marketplace = account_key.partition(".")
        yield from self._ctx.identifiers.some(kind, account, marketplace or None, identifiers)
