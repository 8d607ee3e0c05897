"""Death at any moment: a process of the platform whose every write and call may be its last, and what it leaves behind.
Nothing is cleaned up by a dead process: its leases stay, its half-done work stays, its memory is gone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spapi_assets.lake.store import Lake
from tests.flow.year.dynamo import MemoryDynamo


class Killed(BaseException):
    """SIGKILL at a boundary: not an Exception, so nothing in the flow can catch it and go on."""


class Fuse:
    """One process's life. `boundary` is called before and after every write and call; `dead` processes do nothing more."""

    def __init__(self, rng: random.Random, chance: float, deaths: Counter[str]) -> None:
        self._rng, self.chance, self.deaths = rng, chance, deaths
        self.dead = False

    def boundary(self, name: str) -> None:
        if self.dead:
            raise Killed(name)
        if self.chance and self._rng.random() < self.chance:
            self.dead = True
            self.deaths[name] += 1
            raise Killed(name)

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        self.boundary(f"before {name}")
        answer = call()
        self.boundary(f"after {name}")
        return answer


class MortalClients:
    """AwsClients of one process, on the table that outlives it."""

    _WRITES = frozenset({"put_item", "update_item", "delete_item", "transact_write_items"})

    def __init__(self, dynamo: MemoryDynamo, fuse: Fuse) -> None:
        self._dynamo, self._fuse = dynamo, fuse

    @property
    def dynamodb(self) -> MortalClients:
        return self

    def __getattr__(self, name: str) -> Any:
        call, fuse = getattr(self._dynamo, name), self._fuse

        def mortal(**request: Any) -> Any:
            if name in self._WRITES:
                return fuse.around(name, lambda: call(**request))
            if fuse.dead:
                raise Killed(name)
            return call(**request)

        self.__dict__[name] = mortal
        return mortal


class MortalLake(Lake):
    """The folder lake of one process: every file that becomes visible, or vanishes, may be its last act."""

    def __init__(self, uri: str, fuse: Fuse) -> None:
        super().__init__(uri)
        self._fuse = fuse

    def _put(self, local: Path, path: str) -> None:
        self._fuse.around(f"lake {path.split('/')[0]}", lambda: super(MortalLake, self)._put(local, path))

    def delete(self, path: str) -> None:
        self._fuse.around("lake delete", lambda: super(MortalLake, self).delete(path))
