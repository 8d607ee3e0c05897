"""The simulated year: other applications, outages, limits that change, and the loop that moves time to whatever comes next.
Everything is decided by one seed; `Year.run` returns when the last quiet day is over."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from spapi_assets.datasets.loader import load_registry
from spapi_assets.settings import Account, Settings
from tests.flow.amazon import Clock
from tests.flow.year.amazon import YearAmazon
from tests.flow.year.business import DAY, IDS, LISTINGS, ORDERS, STOCK, TRAFFIC, Business
from tests.flow.year.deployment import Deployment
from tests.flow.year.queue import Mailbox

SELLER = Account(
    name="kestrel_eu",
    kind="seller",
    region="eu",
    selling_partner_id="A3KESTREL0EU0",
    marketplaces=("DE", "UK"),
    secret="spapi/kestrel_eu",
    reports=(
        "orders_by_last_update",
        "sales_and_traffic",
        "sales_and_traffic_weekly",
        "sales_and_traffic_monthly",
        "merchant_listings",
        "afn_inventory",
        "settlements",
        "search_query_performance_weekly",
    ),
)
VENDOR = Account(
    name="kestrel_vendor_us",
    kind="vendor",
    region="na",
    selling_partner_id="amzn1.vg.1000001",
    marketplaces=("US",),
    fan_out={"distributorView": ("MANUFACTURING", "SOURCING"), "sellingProgram": ("RETAIL",)},
    secret="spapi/kestrel_vendor_us",
    reports=("vendor_sales", "vendor_sales_weekly"),
)
PLACES = {"DE": "A1PA6795UKMFR9", "UK": "A1F83G8C2ARO7P", "US": "ATVPDKIKX0DER"}
FIRST = date(2024, 12, 1)
QUIET_DAYS = 7
SHORT = 90  # days: in so short a time more must go wrong to see everything go wrong


class Year:
    """`days` from 2025-01-01 on, with `deaths` as the chance of dying at each write and call, then quiet days."""

    def __init__(self, folder: Path, *, seed: int, days: int, deaths: float = 1 / 150) -> None:
        self.rng = random.Random(seed)
        self.start = date(2025, 1, 1)
        self.last = self.start + (days - 1) * DAY
        self.end = self.last + QUIET_DAYS * DAY
        self.clock = Clock(datetime.combine(self.start, time(0, 30), UTC))
        self.mailbox, self.business = Mailbox(), Business(seed)
        self.amazon = YearAmazon(self.clock, self.mailbox, self.business, self.rng)
        if days < SHORT:
            self.amazon.faults = self.amazon.faults.times(2.5)
        self.amazon.partners = {a.name: (a.selling_partner_id, a.kind == "vendor") for a in (SELLER, VENDOR)}
        settings = Settings(accounts=(SELLER, VENDOR), lake_uri=str(folder / "lake"), first_date=str(FIRST))
        self.deployment = Deployment(self.amazon, self.mailbox, settings, load_registry(), self.rng)
        self.deployment.chance = deaths
        scale = days / 365
        self.outages = [self._span(0.12, 2.3), self._span(0.55, 38 * scale), self._span(0.8, 1.1)]
        self.limited = self._span(0.4, 15 * scale)  # Amazon makes far fewer of one type, without a word
        self.deployment.revoked = {VENDOR.name: self._span(0.3, 0.4)}
        self.lost_ticks = 0

    def _span(self, share: float, days: float) -> tuple[datetime, datetime]:
        since = datetime.combine(self.start, time(0), UTC) + timedelta(days=share * (self.last - self.start).days, hours=7)
        return since, since + timedelta(days=days)

    def down(self, at: datetime) -> bool:
        return any(since <= at < until for since, until in self.outages)

    def run(self) -> None:
        deployment = self.deployment
        orders = deployment.registry.reports["orders_by_last_update"]
        deployment.backfill(orders, FIRST, date(2024, 12, 26))
        day = self.start
        while day <= self.end:
            if day > self.last:
                self.amazon.calm()
                deployment.chance = 0.0
            self._day(day)
            day += DAY

    def _day(self, day: date) -> None:
        clock, deployment = self.clock, self.deployment
        events = [(at, 0, lambda r=report, at=at: self._tick(r, at)) for at, report in deployment.timetable(day)]
        events += [(at, 1, make) for at, make in self._others(day)]
        events.sort(key=lambda e: (e[0], e[1]))
        midnight, next_sweep = datetime.combine(day + DAY, time(), UTC), clock.now
        while clock.now < midnight:
            limited = self.limited[0] <= clock.now < self.limited[1]
            self.amazon.limits[TRAFFIC] = 7 if limited else 96
            at = min([midnight, next_sweep, *(e[0] for e in events[:1])])
            told = self.mailbox.next_at()
            if told is not None and told + timedelta(seconds=5) < at:
                at = told + timedelta(seconds=5)
            clock.now = max(clock.now, at)
            if self.down(clock.now):
                while events and events[0][0] <= clock.now:
                    _, others, act = events.pop(0)
                    if others:
                        act()
                next_sweep = clock.now + timedelta(minutes=30)
                if told is not None and told <= clock.now:  # SQS keeps them
                    self._skip_to(min([next_sweep, midnight, *(e[0] for e in events[:1])]))
                continue
            if self.rng.random() < 0.3:
                deployment.restart()
            if events and events[0][0] <= clock.now:
                events.pop(0)[2]()
                next_sweep = min(next_sweep, clock.now + deployment.pause())
            elif told is not None and told <= clock.now:
                deployment.listen()
            elif clock.now >= next_sweep:
                deployment.sweep()
                next_sweep = clock.now + deployment.pause()

    def _skip_to(self, at: datetime) -> None:
        self.clock.now = max(self.clock.now, at)

    def _tick(self, report, at: datetime) -> None:
        calm = at.date() > self.last
        if not calm and self.rng.random() < 0.02:
            self.lost_ticks += 1  # the daemon was down at this minute
            return
        self.deployment.schedule(report, at)

    def _others(self, day: date):
        """Reports that other applications, the seller and Amazon itself make on a day."""
        amazon, rng = self.amazon, random.Random(f"{self.business.seed}{day}")

        def at(hour: int, minute: float) -> datetime:
            return datetime.combine(day, time(hour), UTC) + timedelta(minutes=minute)

        def window(first: date, last: date) -> dict:
            return {
                "start": datetime.combine(first, time(), UTC),
                "end": datetime.combine(last, time(23, 59, 59), UTC),
            }

        def ask(report_type: str, places: tuple[str, ...], **asked):
            return lambda: amazon.ask(SELLER.name, report_type, [PLACES[p] for p in places], asked, "others")

        yesterday = day - DAY
        if day <= self.last:
            if rng.random() < 0.25:
                yield at(3, rng.uniform(5, 59)), ask(LISTINGS, ("DE",))
            if rng.random() < 0.25:
                yield at(4, rng.uniform(5, 49)), ask(STOCK, ("UK",))
            if rng.random() < 0.2:
                yield at(2, rng.uniform(4, 29)), ask(ORDERS, ("DE", "UK"), **window(yesterday, yesterday))
            if rng.random() < 0.1:  # half a day, or one store: means something else than our days
                yield at(12, 0), ask(ORDERS, ("DE",), **window(yesterday, yesterday))
                yield at(13, 0), ask(ORDERS, ("DE", "UK"), start=at(0, 0), end=at(11, 59))
            if rng.random() < 0.1:  # days that are long final: nothing to gain
                yield at(15, 0), ask(ORDERS, ("DE", "UK"), **window(day - 9 * DAY, day - 7 * DAY))
            if rng.random() < 0.1:
                options = {"dateGranularity": "DAY", "asinGranularity": "PARENT"}
                yield at(11, 0), ask(TRAFFIC, ("DE",), options=options, **window(day - 3 * DAY, day - 3 * DAY))
        if day.toordinal() % 14 == 0:
            for n in range(2 if rng.random() < 0.3 else 1):  # two currencies, or a payout between
                yield at(6, 10.0 + n), lambda: amazon.harvest(SELLER.name, [PLACES["DE"]], day - 14 * DAY, yesterday)


assert set(IDS) == set(PLACES.values())
