"""Everything that one running simulator holds, put together once. Nothing here answers a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from spapi_assets.simulator.accounts import Directory
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.clock import Clock
from spapi_assets.simulator.credentials import TokenOffice
from spapi_assets.simulator.delivery import Storage
from spapi_assets.simulator.faults import Faults
from spapi_assets.simulator.happenings import QUERY_FINISHED, query_finished
from spapi_assets.simulator.journal import Journal
from spapi_assets.simulator.kiosk.book import KioskQuery, QueryBook
from spapi_assets.simulator.limits import Limits
from spapi_assets.simulator.publisher import Publisher
from spapi_assets.simulator.quota import Buckets
from spapi_assets.simulator.rendering import Renderer
from spapi_assets.simulator.report import Report
from spapi_assets.simulator.reports import ReportBook
from spapi_assets.simulator.schedules import Schedules
from spapi_assets.simulator.subscriptions import Subscriptions
from spapi_assets.simulator.telling import Teller
from spapi_assets.simulator.worker import Worker


@dataclass
class State:
    """The parts of a simulator, for handlers and for tests."""

    directory: Directory
    clock: Clock
    renderer: Renderer
    business: Business
    tokens: TokenOffice
    buckets: Buckets
    faults: Faults
    journal: Journal
    storage: Storage
    subscriptions: Subscriptions
    publisher: Publisher
    book: ReportBook
    schedules: Schedules
    kiosk: QueryBook
    worker: Worker
    started: datetime


def build_state(
    directory: Directory,
    renderer: Renderer,
    business: Business,
    *,
    clock: Clock,
    quota_scale: float = 1.0,
    processing_seconds: float = 20.0,
    token_seconds: int = 3600,
    seed: int = 7,
) -> State:
    """Put the parts together; see Simulator for the meaning of the numbers."""
    faults, journal, subscriptions = Faults(seed, renderer.transforms()), Journal(clock), Subscriptions()
    storage = Storage(clock)
    publisher = Publisher(clock, subscriptions, faults, journal)

    def finished(report: Report) -> None:
        journal.event(
            "report_finished",
            report_id=report.report_id,
            report_type=report.report_type,
            account=report.account.name,
            outcome=report.outcome,
        )
        publisher.report_finished(report)

    book = ReportBook(clock, renderer, storage, faults, processing_seconds, finished, Limits(faults, quota_scale))
    schedules = Schedules(book)

    def answered(query: KioskQuery) -> None:
        journal.event("query_finished", query_id=query.query_id, account=query.account.name, outcome=query.outcome)
        publisher.publish(
            query.account,
            QUERY_FINISHED,
            query_finished(query),
            event_time=query.finishes_at,
            report_type=query.checked.dataset,
            facts={"query_id": query.query_id},
        )

    kiosk = QueryBook(clock, business, storage, faults, processing_seconds, answered)
    worker = Worker(clock, book, schedules, kiosk, Teller(business, directory, publisher), directory, finished)
    return State(
        directory=directory,
        clock=clock,
        renderer=renderer,
        business=business,
        tokens=TokenOffice(clock, token_seconds),
        buckets=Buckets(clock, quota_scale),
        faults=faults,
        journal=journal,
        storage=storage,
        subscriptions=subscriptions,
        publisher=publisher,
        book=book,
        schedules=schedules,
        kiosk=kiosk,
        worker=worker,
        started=clock.now(),
    )
