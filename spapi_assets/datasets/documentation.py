"""The files that are generated from the registry: written, compared with what is there, and removed when a family is gone.
Their texts are `dictionary.py` (for people) and `dbt_sources.py`. Run `python -m spapi_assets.datasets.documentation --write`."""

from __future__ import annotations

import argparse
from pathlib import Path

from spapi_assets.datasets.dbt_sources import dbt_sources
from spapi_assets.datasets.dictionary import PAGES, data_dictionary
from spapi_assets.datasets.loader import Registry, load_registry

DBT_SOURCES = Path("dbt_project/models/staging/_sources.yml")


def generated_files(registry: Registry) -> dict[Path, str]:
    """Path below the project's root -> text, for every file that comes from the registry."""
    return {**data_dictionary(registry), DBT_SOURCES: dbt_sources(registry)}


def left_over(root: Path, registry: Registry) -> list[Path]:
    """Pages of families that the registry no longer has, relative to `root`."""
    pages = {p.relative_to(root) for p in (root / PAGES).glob("*.md")}
    return sorted(pages - set(data_dictionary(registry)))


def write_documentation(root: Path, registry: Registry | None = None) -> list[Path]:
    """Writes the generated files below `root` and removes pages that are left over; returns those that changed."""
    registry = registry or load_registry()
    changed = []
    for path, text in generated_files(registry).items():
        target = root / path
        if not target.is_file() or target.read_text("utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
            changed.append(target)
    for path in left_over(root, registry):
        (root / path).unlink()
        changed.append(root / path)
    return changed


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Generate the data dictionary and the dbt sources from the registry.")
    parser.add_argument("--write", action="store_true", help="write the files; without it, only say whether they are current")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2], help="the project's root")
    parser.add_argument("--datasets", type=Path, action="append", default=[], help="a folder of your own YAML files, repeatable")
    options = parser.parse_args(arguments)
    registry = load_registry(*options.datasets)
    if options.write:
        for path in write_documentation(options.root, registry):
            print(f"wrote {path}" if path.is_file() else f"removed {path}")
        return 0
    stale = [
        path
        for path, text in generated_files(registry).items()
        if not (options.root / path).is_file() or (options.root / path).read_text("utf-8") != text
    ]
    for path in [*stale, *left_over(options.root, registry)]:
        print(f"{path} is not what the registry says; run with --write")
    return 1 if stale or left_over(options.root, registry) else 0


if __name__ == "__main__":
    raise SystemExit(main())
