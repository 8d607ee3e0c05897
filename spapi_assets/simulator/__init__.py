"""The Selling Partner API and Login with Amazon on localhost: one consistent fictitious business, quotas, and faults on demand.
Imports nothing of the client, the parsers or the registry, so that it cannot share their mistakes."""
