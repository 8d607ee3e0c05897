"""Limits a day that a deployment sets itself."""

from __future__ import annotations

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.settings import SettingsError, load_settings


def test_a_deployments_own_limit_a_day_stands_before_the_registrys() -> None:
    traffic = load_registry().reports["sales_and_traffic"]
    assert load_settings({}).daily_limit(traffic) == 96
    assert load_settings({"SPAPI_DAILY_LIMITS": "GET_SALES_AND_TRAFFIC_REPORT=200, X=1"}).daily_limit(traffic) == 200


@pytest.mark.parametrize("text", ["GET_SALES_AND_TRAFFIC_REPORT", "GET_SALES_AND_TRAFFIC_REPORT=many", "X=0"])
def test_a_limit_that_is_no_number_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(SettingsError, match=r"SPAPI_DAILY_LIMITS|daily_limits"):
        load_settings({"SPAPI_DAILY_LIMITS": text})
