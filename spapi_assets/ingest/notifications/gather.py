"""A few threads at the queue, because SQS gives and takes ten messages a call: gather many, then delete or release them.
Knows nothing of what is in them; one thread works without a pool, in the caller's order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.queue import AT_ONCE, Message, NotificationQueue

_HEAVIEST = 32 * 1024 * 1024  # characters of bodies that one gather has in memory
_EMPTY = 2  # answers without a message: a standard queue may answer so from servers that hold none


class Hands:
    """Threads for one tick; use as a context."""

    def __init__(self, threads: int) -> None:
        self._threads = max(1, threads)
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Hands:
        if self._threads > 1:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="notifications")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def gather(self, queue: NotificationQueue, most: int, clock: Callable[[], float], until: float) -> list[Message]:
        """Up to about `most` messages, until `until`, two empty answers or 32 MB, each once however often SQS gave it.

        Raises AwsError when nothing at all could be received; what was received before an error is returned.
        """
        found: dict[str, Message] = {}
        errors: list[AwsError] = []
        lock, asked, weight = threading.Lock(), [0], [0]

        def receive() -> None:
            empty = 0
            while empty < _EMPTY and clock() < until and not errors:
                with lock:
                    if asked[0] >= most or weight[0] >= _HEAVIEST:
                        return
                    asked[0] += AT_ONCE
                try:
                    messages = queue.receive(min(AT_ONCE, most))
                except AwsError as error:
                    errors.append(error)
                    return
                with lock:
                    asked[0] -= AT_ONCE - len(messages)
                    weight[0] += sum(len(message.body) for message in messages)
                    found.update((message.message_id, message) for message in messages)
                empty = 0 if messages else empty + 1

        self._all(receive for _ in range(self._threads))
        if errors and not found:
            raise errors[0]
        return list(found.values())

    def each(self, call: Callable[[Sequence[Message]], Any], messages: Sequence[Message]) -> None:
        """`call` with ten messages at a time."""
        tens = [messages[first : first + AT_ONCE] for first in range(0, len(messages), AT_ONCE)]
        self._all(partial(call, ten) for ten in tens)

    def _all(self, calls: Iterable[Callable[[], Any]]) -> None:
        if self._pool is None:
            for call in calls:
                call()
            return
        for future in [self._pool.submit(call) for call in calls]:
            future.result()
