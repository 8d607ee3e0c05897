"""`spapi docs`: rewrites what is generated from the registry (data dictionary, dbt sources)."""

from __future__ import annotations

import click


@click.command()
def docs() -> None:
    """Rewrite the data dictionary (docs/data-dictionary.md and its pages) and the dbt sources from the registry."""
    from spapi_assets.datasets.documentation import write_documentation
    from spapi_assets.settings import PROJECT_ROOT

    for path in write_documentation(PROJECT_ROOT):
        click.echo(f"wrote {path}" if path.is_file() else f"removed {path}")
