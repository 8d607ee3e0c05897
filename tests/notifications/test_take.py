"""The loop over the queue: in order of urgency, within its time, nothing lost, nothing twice, no secret anywhere."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.heard import counted
from spapi_assets.aws.queue import Message
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications import reports
from spapi_assets.ingest.notifications.keeping import batches, read
from spapi_assets.ingest.notifications.take import take_notifications
from spapi_assets.ingest.notifications.taken import Taken
from spapi_assets.ingest.notifications.types import TYPES
from spapi_assets.ingest.reading.tasks import Wanted, for_identifiers
from spapi_assets.lake.store import Lake
from tests.flow.amazon import Clock
from tests.flow.year.crashes import Killed
from tests.notifications.conftest import deployment
from tests.notifications.messages import changed, envelopes, examples, finished, made
from tests.notifications.queue import FakeQueue

SECRET = "amzn1.oa2-cs.v1.the-new-secret"
OFFER = {"AnyOfferChangedNotification": {"SellerId": "A3KESTREL0EU0", "OfferChangeTrigger": {"MarketplaceId": "A1PA6795UKMFR9"}}}


def take(ctx: IngestContext, seconds: float = 40.0, threads: int = 1) -> Taken:
    return take_notifications(ctx, ctx.monotonic() + seconds, threads=threads)


def offers(number: int) -> list[str]:
    return [made("ANY_OFFER_CHANGED", OFFER, notification_id=f"o{n}") for n in range(number)]


def shelved(lake: Lake) -> list[tuple[str, str]]:
    """Shelf and body of every message on the archive's shelves."""
    found = []
    for path in lake.list("archive/notifications"):
        lines = gzip.decompress(lake.read_bytes(path)).decode().splitlines()
        found += [(path.split("/")[2], json.loads(line)["body"]) for line in lines]
    return found


def spooled(lake: Lake) -> Counter[tuple[str, str]]:
    """How often each body lies in the spool, by source."""
    return Counter((batch.source, kept.body) for batch in batches(lake) for kept in read(lake, batch))


def test_a_burst_of_ten_thousand_changes_of_two_thousand_listings_is_two_thousand_marks_and_a_hundred_calls(
    ctx: IngestContext, queue: FakeQueue
) -> None:
    queue.send_all(changed(f"SKU-{n % 2000:04}", notification_id=f"c{n}") for n in range(10_000))
    taken = take(ctx, threads=4)
    assert taken.counts == {"LISTINGS_ITEM_STATUS_CHANGE": 10_000}
    ((where, (marks, _)),) = ctx.refreshes.waiting().items()
    assert (where, marks) == (("listings_items", "kestrel_eu.DE"), 2000)
    source = ctx.registry.apis["listings_items"]
    tasks, _ = for_identifiers(source, [Wanted(m.identifier) for m in ctx.refreshes.pending(*where)])
    assert len(tasks) == 100
    assert queue.bodies == {}
    assert sum(spooled(ctx.lake).values()) == 10_000  # every message is kept, although one mark stands for five of them


def test_twenty_thousand_messages_are_taken_within_the_time_of_each_tick_with_reports_first_and_nothing_lost(
    ctx: IngestContext, queue: FakeQueue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.call_seconds = 0.01
    sent = [
        *offers(12_000),
        *(changed(f"SKU-{n % 1500}", notification_id=f"c{n}") for n in range(7000)),
        *(finished(f"r{n}", notification_id=f"r{n}") for n in range(800)),
        *(made("SOMETHING_NEW", {"a": n}, notification_id=f"u{n}") for n in range(400)),
        *(f"garbage {n}" for n in range(100)),
    ]
    queue.send_all(sent)
    order: list[str] = []
    record, receive = reports.record, queue.receive

    def slow(ctx: IngestContext, *told: Any) -> str:
        clock.sleep(0.02)
        order.append("report")
        return record(ctx, *told)

    monkeypatch.setattr(reports, "record", slow)
    monkeypatch.setattr(queue, "receive", lambda *args: (order.append("receive"), receive(*args))[1])
    ask = ctx.refreshes.ask
    monkeypatch.setattr(ctx.refreshes, "ask", lambda *args: (order.append("mark"), ask(*args))[1])
    ticks, handled = 0, Counter[str]()
    while queue.bodies:
        began = clock.monotonic()
        taken = take(ctx)
        handled += taken.counts
        assert clock.monotonic() - began < 45, "a tick may end a little after its 40 s, for what it had begun, but no more"
        ticks += 1
        assert ticks < 6, "it does not catch up"
    assert ticks > 1
    marked = False  # of this gather
    for step in order:
        marked = step == "mark" or (marked and step != "receive")
        assert not (marked and step == "report"), "a report waited for a change"
    assert handled.pop("given back (out of time)", 0) < 400
    assert handled == {
        "ANY_OFFER_CHANGED": 12_000,
        "LISTINGS_ITEM_STATUS_CHANGE": 7000,
        "of reports nobody here asked for": 800,
        "of the unknown type SOMETHING_NEW": 400,
        "dead-lettered": 100,
    }
    rows = spooled(ctx.lake)
    kept = {body for _, body in rows} | {body for _, body in shelved(ctx.lake)} | {body for body, _ in queue.dead}
    assert kept == set(sent)
    assert set(rows.values()) == {1}
    assert {h.type: h.messages for h in counted(ctx.ledger.table)}["SOMETHING_NEW"] == 400


def test_reports_that_take_longer_than_a_tick_are_worked_off_tick_by_tick(
    ctx: IngestContext, queue: FakeQueue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = reports.record
    monkeypatch.setattr(reports, "record", lambda *told: (clock.sleep(1), record(*told))[1])
    queue.send_all(finished(f"r{n}", notification_id=f"r{n}") for n in range(100))
    left = [100]
    while queue.bodies:
        take(ctx)
        left.append(len(queue.bodies))
        assert left[-1] <= max(0, left[-2] - 30), "a tick did not finish what it had recorded"
    assert queue.dead == []


@pytest.mark.parametrize("step", ["receive", "delete", "spool", "mark"])
def test_killed_at_any_step_nothing_is_lost(
    ctx: IngestContext, queue: FakeQueue, clock: Clock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    sent = [*offers(300), *(changed(f"SKU-{n}", notification_id=f"c{n}") for n in range(300))]
    queue.send_all(sent)
    lives = [7]

    def mortal(call: Any) -> Any:
        def wrapped(*args: Any, **more: Any) -> Any:
            lives[0] -= 1
            if lives[0] == 0:
                raise Killed(step)
            return call(*args, **more)

        return wrapped

    with monkeypatch.context() as patch:
        target, name = {
            "receive": (queue, "receive"),
            "delete": (queue, "delete_batch"),
            "spool": (Lake, "_put"),
            "mark": (ctx.clients.dynamodb, "transact_write_items"),
        }[step]
        lives[0] = 2 if step in ("spool", "mark") else 7
        patch.setattr(target, name, mortal(getattr(target, name)))
        with pytest.raises(Killed):
            take(ctx)
    clock.forward(seconds=130)
    take(ctx)
    assert queue.bodies == {}
    assert {body for _, body in spooled(ctx.lake)} == set(sent)
    assert {m.identifier for m in ctx.refreshes.pending("listings_items", "kestrel_eu.DE")} == {f"SKU-{n}" for n in range(300)}


def test_copies_of_a_message_are_one_row_and_one_mark(ctx: IngestContext, queue: FakeQueue) -> None:
    queue.send_all([changed("SKU-1")] * 10)
    taken = take(ctx)
    assert taken.counts == {"LISTINGS_ITEM_STATUS_CHANGE": 1, "copies": 9}
    assert list(spooled(ctx.lake).values()) == [1]
    assert queue.bodies == {}


def test_an_unknown_type_is_archived_and_counted_and_a_malformed_message_is_put_aside_with_the_reason(
    ctx: IngestContext, queue: FakeQueue
) -> None:
    queue.send_all([made("BOPIS_CHECKIN/DETAILS", {"x": 1}), made("ORDER_CHANGE", {"SellerId": "A3KESTREL0EU0"}), "<xml/>"])
    taken = take(ctx)
    assert "of the unknown type BOPIS_CHECKIN_DETAILS" in taken.sentence
    ((shelf, body),) = shelved(ctx.lake)
    assert (shelf, json.loads(body)["Payload"]) == ("unknown", {"x": 1})
    (known,) = [h for h in counted(ctx.ledger.table) if h.kept == "unknown"]
    assert (known.type, known.messages) == ("BOPIS_CHECKIN_DETAILS", 1)
    assert sorted(reason for _, reason in queue.dead) == ["ORDER_CHANGE lacks a usable amazonOrderId.", "The body is not JSON."]


@pytest.mark.parametrize(
    "body",
    [
        made("APPLICATION_OAUTH_CLIENT_NEW_SECRET", {"applicationOAuthClientNewSecret": {"newClientSecret": SECRET}}),
        made("APPLICATION_OAUTH_CLIENT_NEW_SECRET_V2", {"x": SECRET}),
        made("ANY_OFFER_CHANGED", {**OFFER, "newClientSecret": SECRET}),
        made("SOMETHING_NEW", {"value": [{"api-credential": "x"}]}),
        made("SOMETHING_NEW", {"value": json.dumps({"refresh_token": "x"})}),
        made("ROTATED_CREDENTIALS", {"value": "x"}),
        made(SECRET, {"value": "x"}),
        made("SPAPI_ASSETS_SELF_TEST", {"nonce": SECRET}),
        '{"notificationType": "APPLICATION_OAUTH_CLIENT_NEW_SECRET", "payload": {"applicationOAuthClientNewSecret": "' + SECRET,
        made("SOMETHING_NEW", {"x": 1}).replace('"x": 1', '"newClient\\u0053ecret": "a-secret"'),
    ],
)
def test_what_may_hold_a_client_secret_lands_nowhere(ctx: IngestContext, queue: FakeQueue, body: str) -> None:
    queue.send(body)
    taken = take(ctx)
    assert taken.counts == {"deleted (client secret)": 1}
    assert queue.bodies == {}
    assert queue.dead == []
    assert list(ctx.lake.list()) == []
    assert SECRET not in " ".join(taken.problems)
    stored = str([table.items for table in ctx.clients.dynamodb._tables.values()])
    assert "last_notification" in stored
    assert SECRET not in stored


def test_what_cannot_be_marked_or_kept_now_comes_back_in_a_minute(
    ctx: IngestContext, queue: FakeQueue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.send_all([changed("SKU-1"), *offers(1)])

    def busy(*_: Any) -> int:
        raise AwsError("The table is too busy.")

    with monkeypatch.context() as patch:
        patch.setattr(ctx.refreshes, "ask", busy)
        taken = take(ctx)
    assert taken.counts == {"given back (error)": 1, "ANY_OFFER_CHANGED": 1}
    assert "too busy" in taken.problems[0]
    assert take(ctx).counts == {}
    clock.forward(seconds=61)

    def full(*_: Any) -> None:
        raise OSError("No space left.")

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "_put", full)
        assert take(ctx).counts == {"given back (error)": 1}
    clock.forward(seconds=61)
    assert take(ctx).counts == {}
    clock.forward(seconds=180)  # the second time it rests four times as long, lest an hour's outage fills the dead letters
    assert take(ctx).counts == {"LISTINGS_ITEM_STATUS_CHANGE": 1}
    assert queue.bodies == {}


def test_a_fault_of_ours_in_one_message_does_not_hold_up_the_others(
    ctx: IngestContext, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spapi_assets.ingest.notifications.route import Router

    route = Router.route

    def faulty(self: Router, told: Any) -> Any:
        if told.notification_id == "o3":
            raise TypeError("a defect")
        return route(self, told)

    monkeypatch.setattr(Router, "route", faulty)
    queue.send_all(offers(10))
    taken = take(ctx)
    assert taken.counts == {"ANY_OFFER_CHANGED": 9, "dead-lettered": 1}
    assert "TypeError" in queue.dead[0][1]


def test_a_fault_of_ours_in_one_message_that_acts_does_not_hold_up_the_others(
    ctx: IngestContext, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: Any) -> str:
        raise KeyError("a defect, and a piece of the message")

    monkeypatch.setattr(reports, "record", faulty)
    queue.send_all([finished("r1", notification_id="r1"), *offers(10)])
    taken = take(ctx)
    assert taken.counts == {"ANY_OFFER_CHANGED": 10, "given back (error)": 1}
    assert "KeyError" in taken.problems[0]
    assert "a piece of the message" not in taken.problems[0]


def test_a_table_that_cannot_be_read_wears_out_no_message(
    ctx: IngestContext, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> dict[str, str]:
        raise AwsError("The table cannot be read.")

    monkeypatch.setattr("spapi_assets.ingest.notifications.take.subscriptions", down)
    queue.send_all(offers(3))
    with pytest.raises(AwsError):
        take(ctx)
    assert queue.calls == []  # nothing was received: after five times SQS would bury it, a client secret with the rest


def test_every_example_of_amazons_in_every_envelope_is_kept_and_acts(
    ctx: IngestContext, queue: FakeQueue, amazon_reference: Path
) -> None:
    sent = [body for _, message in examples(amazon_reference) for _, body in envelopes(message)]
    queue.send_all(sent)
    taken = take(ctx)
    assert queue.bodies == {}
    assert queue.dead == []
    kept = {body for _, body in spooled(ctx.lake)} | {body for _, body in shelved(ctx.lake)}
    assert kept == set(sent)
    types = {h.type for h in counted(ctx.ledger.table)}
    assert types == {t.name for t in TYPES.values() if t.urgency > 0} - {
        "ACCOUNT_STATUS_CHANGED",
        "EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE",
    }
    assert taken.marks > 0
    assert {m.identifier for m in ctx.refreshes.pending("orders_api", "kestrel_na")} == {"903-8868176-2219830"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(["A3KESTREL0EU0", "B0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["SellerId", "sku", "asin", "MarketplaceId", "reportId"]) | st.text(max_size=4), inner, max_size=4
        )
    ),
    max_leaves=10,
)
KINDS = st.sampled_from([t for t in TYPES if not t.startswith("APPLICATION")]) | st.text(max_size=12)


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Messages of known and unknown types with whatever in them: missing fields, wrong types, wrappers of all kinds."""
    kind = draw(KINDS)
    wrapper = TYPES[kind].wrapper if kind in TYPES else None
    inner = draw(JSON)
    payload = {wrapper: inner} if wrapper and draw(st.booleans()) else inner
    content = {"notificationType": kind, "payload": payload, "notificationMetadata": draw(JSON), "eventTime": draw(JSON)}
    content = {k: v for k, v in content.items() if draw(st.integers(0, 9))}
    return json.dumps({"detail-type": kind, "detail": content} if draw(st.booleans()) else content)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(bodies(), min_size=1, max_size=12))
def test_whatever_comes_is_never_an_error_and_never_lost(sent: list[str]) -> None:
    clock = Clock()
    queue = FakeQueue(clock)
    with tempfile.TemporaryDirectory() as folder:
        ctx = deployment(Path(folder), clock, queue)
        queue.send_all(sent)
        taken = take(ctx)
        assert queue.bodies == {}
        kept = [b for _, b in spooled(ctx.lake)] + [b for _, b in shelved(ctx.lake)] + [b for b, _ in queue.dead]
        deleted = taken.counts["deleted (client secret)"] + taken.counts["self-test"]
        assert len(set(sent) - set(kept)) <= deleted
        assert sum(taken.counts.values()) == len(sent)


def test_messages_do_not_show_their_bodies() -> None:
    assert "secret" not in repr(Message("id", "receipt", '{"newClientSecret": "secret"}', 1))
