"""`python -m spapi_assets.cli`: the `spapi` command where the script is not on the path."""

from spapi_assets.cli import main

main()
