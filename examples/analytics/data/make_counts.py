"""Writes counts.parquet: two years of daily counts of bicycles at eight counters of an invented town.

    pip install duckdb==1.5.5 && python make_counts.py

The same rows come out every time: the only randomness is a generator with a fixed seed.
"""

import csv
import datetime
import math
import pathlib
import random
import tempfile

import duckdb

FOLDER = pathlib.Path(__file__).parent
FIRST_DAY = datetime.date(2024, 1, 1)
DAYS = 731

# Id, name, latitude, longitude, mean of a dry working day in June, share of commuters.
COUNTERS = [
    ("bridge-west", "West Bridge", "47.3712", "8.5189", 5200, 0.85),
    ("bridge-east", "East Bridge", "47.3724", "8.5501", 4100, 0.80),
    ("harbour", "Harbour Path", "47.3598", "8.5362", 2600, 0.35),
    ("park", "City Park", "47.3655", "8.5277", 1900, 0.30),
    ("station", "Central Station", "47.3779", "8.5403", 6300, 0.90),
    ("university", "University Hill", "47.3766", "8.5485", 2200, 0.75),
    ("forest", "Forest Road", "47.3891", "8.5712", 700, 0.10),
    ("market", "Market Square", "47.3706", "8.5420", 3300, 0.55),
]


def weather(day, generator):
    """Temperature in degrees and rain in millimetres."""
    season = math.cos((day.timetuple().tm_yday - 200) / 365.25 * 2 * math.pi)
    temperature = 10.5 + 9.5 * season + generator.gauss(0, 3.2)
    rain = 0.0 if generator.random() < 0.62 else round(generator.expovariate(1 / 5.5), 1)
    return round(temperature, 1), rain


def rows(generator):
    for offset in range(DAYS):
        day = FIRST_DAY + datetime.timedelta(days=offset)
        temperature, rain = weather(day, generator)
        comfort = max(0.15, min(1.1, 0.45 + temperature / 32)) * (1.0 if rain == 0 else 0.9 / (1 + rain / 9))
        growth = 1 + 0.06 * offset / 365
        for counter, _, _, _, mean, commuters in COUNTERS:
            free_day = day.weekday() >= 5 or (day.month, day.day) in {(1, 1), (12, 25), (12, 26)}
            demand = (1 - commuters) * (1.5 if free_day else 0.9) + commuters * (0.25 if free_day else 1.0)
            bicycles = max(0, round(mean * comfort * growth * demand * generator.gauss(1, 0.07)))
            # A counter that stands still for a few days gives no rows rather than zeros.
            if counter == "harbour" and datetime.date(2025, 3, 10) <= day <= datetime.date(2025, 3, 14):
                continue
            yield day, counter, bicycles, temperature, rain


def main():
    with tempfile.TemporaryDirectory() as folder:
        counts, counters = pathlib.Path(folder) / "counts.csv", pathlib.Path(folder) / "counters.csv"
        with counts.open("w", newline="") as file:
            csv.writer(file).writerows(rows(random.Random(47)))
        with counters.open("w", newline="") as file:
            csv.writer(file).writerows(counter[:4] for counter in COUNTERS)
        duckdb.sql(f"""
            COPY (
                FROM read_csv('{counts}', header = false, columns = {{
                    day: 'DATE', counter_id: 'VARCHAR', bicycles: 'INTEGER',
                    temperature: 'DECIMAL(4,1)', rain: 'DECIMAL(5,1)'
                }})
            ) TO '{FOLDER / "counts.parquet"}' (FORMAT parquet, COMPRESSION zstd)
        """)
        duckdb.sql(f"""
            COPY (
                FROM read_csv('{counters}', header = false, columns = {{
                    counter_id: 'VARCHAR', name: 'VARCHAR', latitude: 'DECIMAL(7,4)', longitude: 'DECIMAL(7,4)'
                }})
            ) TO '{FOLDER / "counters.parquet"}' (FORMAT parquet, COMPRESSION zstd)
        """)


if __name__ == "__main__":
    main()
