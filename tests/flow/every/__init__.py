"""Every report of the registry on the real flow: the deployment that takes them all, and the tests."""
