"""Amazon's browse nodes that the goods hang in: department and product line of each store, with their ids.
The browse-tree report and the catalogue name the same nodes."""

from __future__ import annotations

from functools import lru_cache

from .marketplaces import Marketplace
from .queries import DEPARTMENTS, queries
from .seeds import derive


def node_id(m: Marketplace, name: str) -> str:
    """The id of a node by what it is called in the tree."""
    return str(1_000_000 + derive(0, "browse node", m.code, name) % 9_000_000_000)


@lru_cache(maxsize=500)
def node_path(m: Marketplace, line: str) -> tuple[tuple[str, str], ...]:
    """(id, name) from the product line's leaf up to the department."""
    word, department = queries(m.language, line)[0], DEPARTMENTS[m.language]
    return (
        (node_id(m, word), word.title()),
        (node_id(m, line), word.title()),
        (node_id(m, department), department),
    )
