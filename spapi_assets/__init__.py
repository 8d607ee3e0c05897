"""Amazon's Selling Partner API as Dagster assets. Kept empty so that every process imports only what it uses."""
