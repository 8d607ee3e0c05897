"""Amazon's notifications, from the queue into ledger, marks, tables and Secrets Manager."""
