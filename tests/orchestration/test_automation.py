"""When the platform's own tables follow what was loaded: bursts once, a trickle at the pace of the setting, never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from spapi_assets.automation import after_loads
from spapi_assets.settings import SettingsError

START = datetime(2026, 11, 20, 12, 0, 20, tzinfo=UTC)


class Clock:
    """Ticks of the automation at named minutes after START, with or without a load since the tick before."""

    def __init__(self) -> None:
        @dg.asset
        def loaded() -> None: ...

        @dg.asset(deps=[loaded], automation_condition=after_loads("*/15 * * * *"))
        def coverage() -> None: ...

        self._assets = [loaded, coverage]
        self._instance = dg.DagsterInstance.ephemeral()
        self._cursor = None
        self.tick(-1)

    def tick(self, minute: float, *, load: bool = False) -> bool:
        """Whether coverage is asked for at this tick; it is built at once if so."""
        if load:
            self._instance.report_runless_asset_event(dg.AssetMaterialization("loaded"))
        found = dg.evaluate_automation_conditions(
            self._assets, self._instance, cursor=self._cursor, evaluation_time=START + timedelta(minutes=minute)
        )
        self._cursor = found.cursor
        if found.total_requested:
            self._instance.report_runless_asset_event(dg.AssetMaterialization("coverage"))
        return bool(found.total_requested)


def test_a_load_after_a_rest_is_followed_as_soon_as_no_other_comes() -> None:
    clock = Clock()
    assert not clock.tick(1, load=True)
    assert clock.tick(2)
    assert not clock.tick(3)


def test_a_trickle_is_one_build_a_quarter_of_an_hour_and_the_last_load_is_not_lost() -> None:
    clock = Clock()
    built = [minute for minute in range(60) if clock.tick(minute, load=minute in range(0, 40, 2))]
    assert [minute // 15 for minute in built] == [0, 1, 2, 3]  # of twenty loads, the last at 12:38
    assert not clock.tick(75)


def test_an_impossible_schedule_is_refused_with_the_settings_name() -> None:
    with pytest.raises(SettingsError, match="SPAPI_REBUILD_CRON"):
        after_loads("every hour")
