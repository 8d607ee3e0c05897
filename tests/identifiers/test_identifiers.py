"""The store of identifiers: what is remembered of each, and that a daily list of everything costs almost no writes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_assets.aws.identifiers import Found, Identifier, Identifiers, Written
from tests.identifiers.conftest import TABLE, Clock, in_memory

FIRST = date(2026, 3, 1)
HERE = ("sku", "kestrel_eu", "DE")


def listing(*values: str) -> list[Found]:
    return [Found(v) for v in values]


def known(store: Identifiers) -> dict[str, Identifier]:
    return {one.value: one for one in store.all(*HERE)}


class Counting:
    """The table in memory, with the writes counted and, where asked for, death after so many calls that write."""

    def __init__(self, clients: Any, calls_to_live: int | None = None) -> None:
        self._dynamo, self.items, self._left = clients.dynamodb, 0, calls_to_live

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._dynamo, name)

        def counted(**request: Any) -> Any:
            if name in ("transact_write_items", "put_item", "delete_item"):
                if self._left == 0:
                    raise KeyboardInterrupt("killed")
                self._left = None if self._left is None else self._left - 1
                self.items += len(request.get("TransactItems", [1]))
            return call(**request)

        return counted


def test_what_was_found_is_read_back_sorted_with_its_facts(identifiers: Identifiers) -> None:
    odd = ["B 2", "#1", "a/b", "ÄÖ-🐦", "!head", "10", "9", "~"]
    facts = {"price": Decimal("19.90"), "currency": "EUR", "afn": True}
    assert identifiers.put(*HERE, [Found(v, facts=facts) for v in odd], "merchant_listings", day=FIRST, whole=True).new == len(
        odd
    )
    found = list(identifiers.all(*HERE))
    assert [one.value for one in found] == sorted(odd)
    assert found[0] == Identifier("!head", FIRST, FIRST, {"merchant_listings": FIRST}, True, None, facts)
    assert list(identifiers.all("sku", "kestrel_eu", "UK")) == list(identifiers.all("asin", "kestrel_eu", "DE")) == []


def test_a_sku_that_left_the_newest_list_stays_as_not_listed_and_comes_back(identifiers: Identifiers) -> None:
    identifiers.put(*HERE, listing("A", "B"), "merchant_listings", day=FIRST, whole=True)
    identifiers.put(*HERE, listing("C"), "settlements", day=FIRST)
    assert {v: one.listed for v, one in known(identifiers).items()} == {"A": True, "B": True, "C": None}
    done = identifiers.put(*HERE, listing("A"), "merchant_listings", day=FIRST + timedelta(days=1), whole=True)
    assert done == Written(unlisted=2, known=1)
    assert {v: one.listed for v, one in known(identifiers).items()} == {"A": True, "B": False, "C": False}
    assert identifiers.listed(*HERE) == ["A"]
    done = identifiers.put(*HERE, listing("A", "B"), "merchant_listings", day=FIRST + timedelta(days=2), whole=True)
    assert done == Written(changed=1, known=2)
    assert known(identifiers)["B"].listed is True


def test_an_old_list_that_is_loaded_late_unlists_nothing_and_lists_nothing(identifiers: Identifiers) -> None:
    identifiers.put(*HERE, listing("A", "B"), "merchant_listings", day=FIRST, whole=True)
    identifiers.put(*HERE, listing("A"), "merchant_listings", day=FIRST + timedelta(days=2), whole=True)
    old = [Found("A", facts={"price": Decimal(7)}), *listing("B", "OLD")]
    identifiers.put(*HERE, old, "merchant_listings", day=FIRST + timedelta(days=1), whole=True)
    assert {v: one.listed for v, one in known(identifiers).items()} == {"A": True, "B": False, "OLD": False}
    assert known(identifiers)["A"].facts == {}


def test_a_catalogue_fed_daily_is_written_once_in_one_to_two_weeks_and_never_all_on_one_day() -> None:
    counting = Counting(in_memory())
    store = Identifiers(SimpleNamespace(dynamodb=counting), TABLE)  # type: ignore[arg-type]
    everything = [Found(f"SKU-{n:05d}", facts={"price": Decimal(n)}) for n in range(3000)]
    assert store.put(*HERE, everything, "merchant_listings", day=FIRST, whole=True).new == 3000
    written = []
    for n in range(1, 29):
        counting.items = 0
        store.put(*HERE, everything, "merchant_listings", day=FIRST + timedelta(days=n), whole=True)
        written.append(counting.items - 1)  # one is the list's own day
    assert written[:6] == [0] * 6
    assert max(written) < 1000
    assert 2 * 3000 <= sum(written) <= 4 * 3000
    assert all(FIRST + timedelta(days=28 - 13) < one.last_seen for one in store.all(*HERE))
    counting.items = 0
    dearer = [Found(one.value, facts={"price": Decimal(n) + (n < 5)}) for n, one in enumerate(everything)]
    assert store.put(*HERE, dearer, "merchant_listings", day=FIRST + timedelta(days=28), whole=True).changed == 5
    assert counting.items <= 6


def test_missing_is_marked_once_kept_and_taken_back(identifiers: Identifiers, clock: Clock) -> None:
    identifiers.put(*HERE, listing("A", "B"), "import", day=FIRST)
    at = datetime(2026, 3, 1, 13, tzinfo=UTC)
    assert identifiers.missing(*HERE, ["A", "NOBODY'S"], at) == 1
    assert identifiers.missing(*HERE, ["A"], at + timedelta(days=1)) == 0
    identifiers.put(*HERE, listing("A"), "settlements", day=FIRST + timedelta(days=30))
    assert {v: one.missing_since for v, one in known(identifiers).items()} == {"A": at, "B": None}
    assert identifiers.found_again(*HERE, ["A", "B", "NOBODY'S"]) == 1
    assert known(identifiers)["A"].missing_since is None
    assert set(known(identifiers)) == {"A", "B"}


def test_forgetting_removes_and_some_are_found_among_many(identifiers: Identifiers) -> None:
    identifiers.put(*HERE, listing(*(f"S{n}" for n in range(130))), "import", day=FIRST)
    assert set(identifiers.some(*HERE, ["S7", "S129", "S130", "", "x" * 2000])) == {"S7", "S129"}
    assert identifiers.forget(*HERE, ["S7", "S130"]) == 1
    assert identifiers.count(*HERE) == 129


@pytest.mark.parametrize("value", ["", "  ", "x" * 1025, "\ud83d"])
def test_what_cannot_be_a_key_is_refused_before_anything_is_written(identifiers: Identifiers, value: str) -> None:
    with pytest.raises(ValueError, match="cannot be an identifier"):
        identifiers.put(*HERE, listing("A", value), "import")
    assert identifiers.count(*HERE) == 0


def test_a_change_that_another_process_makes_meanwhile_is_not_lost() -> None:
    clients = in_memory()
    store, other = (Identifiers(clients, TABLE) for _ in range(2))
    store.put(*HERE, listing("A", "B"), "import", day=FIRST)

    class Slow:
        """Between this process's read and its write, another marks the identifier as missing."""

        done = False

        def __getattr__(self, name: str) -> Any:
            if name == "transact_write_items" and not self.done:
                self.done = True
                other.missing(*HERE, ["A"])
            return getattr(clients.dynamodb, name)

    slow = Identifiers(SimpleNamespace(dynamodb=Slow()), TABLE)  # type: ignore[arg-type]
    done = slow.put(*HERE, listing("A", "B", "C"), "merchant_listings", day=FIRST, whole=True)
    assert done == Written(new=1, changed=2, known=2)
    assert {v: (one.listed, one.missing_since is not None) for v, one in known(store).items()} == {
        "A": (True, True),
        "B": (True, False),
        "C": (True, False),
    }


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sets(st.integers(0, 250))), min_size=1, max_size=4), st.data())
def test_killed_anywhere_and_run_again_the_store_is_the_same_as_without(lists: list[tuple[int, set[int]]], data: Any) -> None:
    whole, broken = in_memory(), in_memory()
    for number, (wait, values) in enumerate(lists):
        day = FIRST + timedelta(days=number * 4 + wait)
        named = [Found(f"{v}", facts={"price": Decimal(number)}) for v in values]
        Identifiers(whole, TABLE).put(*HERE, named, "merchant_listings", day=day, whole=True)
        for _ in range(data.draw(st.integers(0, 2))):
            mortal = SimpleNamespace(dynamodb=Counting(broken, data.draw(st.integers(0, 4))))
            try:
                Identifiers(mortal, TABLE).put(*HERE, named, "merchant_listings", day=day, whole=True)  # type: ignore[arg-type]
            except KeyboardInterrupt:
                continue
        Identifiers(broken, TABLE).put(*HERE, named, "merchant_listings", day=day, whole=True)
    assert list(Identifiers(broken, TABLE).all(*HERE)) == list(Identifiers(whole, TABLE).all(*HERE))
