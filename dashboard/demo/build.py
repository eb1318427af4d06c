"""Make the demo's data file from the nycflights13 tables.

    python -m dashboard.demo.build FOLDER

FOLDER holds airlines.csv, airports.csv, planes.csv and flights.csv.gz of nycflights13
(https://github.com/tidyverse/nycflights13), which are public data of the US Department of
Transportation and the FAA. Only this needs them: the file that it writes comes along with the
program. Nothing is invented; what isn't on record stays empty:

- airports and planes that a flight names but the tables lack get a row with only their code;
- an arrival time without an arrival delay (a diverted flight) keeps its delay empty.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.demo.day import DATA_FILE, DAY

NEW_YORK = ZoneInfo("America/New_York")

# The table of airports lacks those of Puerto Rico and the Virgin Islands, which share one clock.
# It is needed to tell when a plane landed there, and isn't written to the file.
CLOCKS = dict.fromkeys(("BQN", "PSE", "SJU", "STT"), "America/Puerto_Rico")

Row = dict[str, str]


def main(folder: Path) -> None:
    airports = {row["faa"]: row for row in read(folder / "airports.csv")}
    clocks = {faa: row["tzone"] for faa, row in airports.items()} | CLOCKS
    flights = sorted(
        (flight(row, clocks) for row in read(folder / "flights.csv.gz") if is_of_the_day(row)),
        key=lambda each: (each["scheduled"], each["carrier"], each["number"]),
    )
    planes = {row["tailnum"]: row for row in read(folder / "planes.csv")}
    airlines = {row["carrier"]: row for row in read(folder / "airlines.csv")}
    codes = {each["origin"] for each in flights} | {each["destination"] for each in flights}
    tables = {
        "airlines": [airlines[code] for code in used(flights, "carrier")],
        "airports": [airport(code, airports.get(code, {})) for code in sorted(codes)],
        "planes": [plane(code, planes.get(code, {})) for code in used(flights, "tailnum")],
        "flights": flights,
    }
    write({name: as_lists(rows) for name, rows in tables.items()})


def read(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV file, their missing values ("NA") as empty texts."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield {name: "" if text == "NA" else text for name, text in row.items()}


def is_of_the_day(row: Row) -> bool:
    return (row["year"], row["month"], row["day"]) == (str(DAY.year), str(DAY.month), str(DAY.day))


def used(flights: Iterable[dict[str, Any]], name: str) -> list[str]:
    return sorted({each[name] for each in flights} - {None})


def number(text: str | None) -> int | None:
    return int(float(text)) if text else None


def flight(row: Row, clocks: dict[str, str]) -> dict[str, Any]:
    scheduled = datetime.combine(DAY, clock(row["sched_dep_time"]))
    delay = number(row["dep_delay"])
    departed = None if delay is None else scheduled + timedelta(minutes=delay)
    landed = None
    if departed is not None and row["arr_time"]:
        landed = arrival(departed, row["arr_time"], ZoneInfo(clocks[row["dest"]]))
    return {
        "carrier": row["carrier"],
        "number": int(row["flight"]),
        "tailnum": row["tailnum"] or None,
        "origin": row["origin"],
        "destination": row["dest"],
        "scheduled": minutes(scheduled),
        "departed": minutes(departed),
        "landed": minutes(landed),
        "arrival_delay": number(row["arr_delay"]),
    }


def clock(text: str) -> Any:
    """Return the time that ``"1755"`` means; midnight is written ``2400``."""
    hour, minute = divmod(int(text), 100)
    return datetime(1, 1, 1, hour % 24, minute).time()


def arrival(departed: datetime, text: str, zone: ZoneInfo) -> datetime:
    """Return when the plane landed, on the New York clock.

    The record has only the time of day at the destination: it is the first such time after the
    departure. (For every flight of the day this agrees with the recorded arrival delay.)
    """
    left = departed.replace(tzinfo=NEW_YORK).astimezone(zone).replace(tzinfo=None)
    landed = datetime.combine(left.date(), clock(text))
    if landed <= left:
        landed += timedelta(days=1)
    return landed.replace(tzinfo=zone).astimezone(NEW_YORK).replace(tzinfo=None)


def minutes(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="minutes")


def airport(code: str, row: Row) -> dict[str, Any]:
    return {
        "faa": code,
        "name": row.get("name"),
        "latitude": float(row["lat"]) if row else None,
        "longitude": float(row["lon"]) if row else None,
        "altitude": number(row.get("alt")),
        "time_zone": row.get("tzone") or None,
    }


def plane(code: str, row: Row) -> dict[str, Any]:
    return {
        "tailnum": code,
        "manufacturer": row.get("manufacturer") or None,
        "model": row.get("model") or None,
        "year": number(row.get("year")),
        "seats": number(row.get("seats")),
        "engines": number(row.get("engines")),
        "engine": row.get("engine") or None,
    }


def as_lists(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"columns": list(rows[0]), "rows": [list(row.values()) for row in rows]}


def write(tables: dict[str, Any]) -> None:
    text = json.dumps(tables, separators=(",", ":"), ensure_ascii=False)
    # Without a time stamp the same data make the same file.
    DATA_FILE.write_bytes(gzip.compress(text.encode("utf-8"), 9, mtime=0))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Say where the CSV files are: python -m dashboard.demo.build FOLDER")
    main(Path(sys.argv[1]))
