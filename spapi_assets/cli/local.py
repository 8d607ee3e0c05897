"""`spapi demo` and `spapi simulator`: the platform and Amazon's side of it on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.option("--days", default=60, show_default=True, type=click.IntRange(1, 700), help="Days to back-fill.")
@click.option("--headless", is_flag=True, help="Exit when everything is loaded and built; without the open Dagster UI.")
@click.option("--port", default=3000, show_default=True, help="Port of the Dagster UI; another one is taken if it is in use.")
@click.option("--seed", default=7, show_default=True, help="Seed of the simulated business.")
@click.option("--folder", default=".demo", show_default=True, type=click.Path(path_type=Path), help="Emptied, then written to.")
def demo(days: int, headless: bool, port: int, seed: int, folder: Path) -> None:
    """See the whole platform work on a simulated business: simulator, back-fill, tables, review, Dagster UI."""
    from rich.console import Console

    from spapi_assets.demo.run import run_demo

    # Into a file or a pipe rich would squeeze its tables into 80 columns.
    console = Console(width=None if sys.stdout.isatty() else 150)
    run_demo(folder.resolve(), days=days, headless=headless, ui_port=port, seed=seed, console=console)


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False)
@click.pass_context
def simulator(ctx: click.Context) -> None:
    """Serve the Selling Partner API and Login with Amazon on localhost; `spapi simulator --help` lists its options."""
    from spapi_assets.simulator.__main__ import main

    main(ctx.args)
