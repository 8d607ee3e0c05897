"""`spapi demo`: the whole platform on one machine, on a simulated business, through Dagster's own daemon, sensors and queue."""
