"""A year of simulated days: the flow's own functions against an Amazon in virtual time, with faults and crashes on purpose.
The tests themselves are `tests/flow/test_year.py`; nothing of this is part of the product."""
