"""The handlers of the simulated operations, one file an API. Authorization, quota and faults were dealt with before them."""
