"""The Selling Partner API as a client: auth, throttle, session and one module per API. `requests` only."""
