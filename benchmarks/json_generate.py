"""A seeded synthetic search-terms report (GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT), indented as Amazon's examples are, gzip.
Serving and loading it is `server.py` and `json_methods.py`."""

from __future__ import annotations

import json
import random
import zlib
from datetime import date
from pathlib import Path

DAY = date(2026, 10, 1)
MARKETPLACE = ("DE", "A1PA6795UKMFR9")
SECTION = "dataByDepartmentAndSearchTerm"
SPECIFICATION = {
    "reportType": "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT",
    "reportOptions": {"reportPeriod": "DAY"},
    "dataStartTime": DAY.isoformat(),
    "dataEndTime": DAY.isoformat(),
    "marketplaceIds": [MARKETPLACE[1]],
}
_WORDS = ["kettle", "größe", "rüttler", "café", "travel", "mug", "edelstahl", "crème", "set", "24", "cm", "für", "küche", "–"]
_WORDS += ["neu", "spare", "lid", "电热水壶", "ポット", "damen", "zoll"]


def search_terms_document(path: Path, rows: int, seed: int = 7) -> Path:
    """Writes `rows` objects of about 330 bytes, three per search term, unless the file is there."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    rnd = random.Random(seed)
    asins = [f"B0{rnd.randrange(16**8):08X}" for _ in range(200_000)]
    names = [json.dumps(_words(rnd, 6, 12), ensure_ascii=False) for _ in range(20_000)]
    terms = [""]
    deflate = zlib.compressobj(6, zlib.DEFLATED, 31)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        head = json.dumps({"reportSpecification": SPECIFICATION, SECTION: []}, indent=2).removesuffix("[]\n}")
        file.write(deflate.compress(f"{head}[\n".encode()))
        for start in range(0, rows, 30_000):
            end = min(start + 30_000, rows)
            text = ",\n".join(_object(rnd, asins, names, terms, i) for i in range(start, end))
            file.write(deflate.compress((text + (",\n" if end < rows else "\n")).encode()))
        file.write(deflate.compress(b"  ]\n}\n"))
        file.write(deflate.flush())
    temporary.replace(path)
    return path


def _words(rnd: random.Random, least: int, most: int) -> str:
    text = " ".join(rnd.choice(_WORDS) for _ in range(rnd.randint(least, most)))
    return f'{text} 1/2"' if rnd.random() < 0.1 else text


def _object(rnd: random.Random, asins: list[str], names: list[str], terms: list[str], number: int) -> str:
    rank, place = divmod(number, 3)
    if place == 0:
        terms[0] = json.dumps(_words(rnd, 2, 5), ensure_ascii=False)
    product = rnd.randrange(len(asins))
    return (
        f'    {{\n      "departmentName": "Amazon.de",\n      "searchTerm": {terms[0]},\n'
        f'      "searchFrequencyRank": {rank + 1},\n'
        f'      "clickedAsin": "{asins[product]}",\n      "clickedItemName": {names[product % len(names)]},\n'
        f'      "clickShareRank": {place + 1},\n      "clickShare": {rnd.randrange(2500) / 10_000},\n'
        f'      "conversionShare": {rnd.randrange(2500) / 10_000}\n    }}'
    )
