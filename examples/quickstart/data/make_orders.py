"""Writes orders.parquet: two years of order lines of an invented coffee roaster.

    pip install duckdb==1.5.5 && python make_orders.py

The same rows come out every time: the only randomness is a generator with a fixed seed.
"""

import csv
import datetime
import pathlib
import random
import tempfile

import duckdb

FOLDER = pathlib.Path(__file__).parent
LINES = 5_000
FIRST_DAY = datetime.date(2024, 1, 2)
DAYS = 728

GIVEN_NAMES = (
    "Amélie Andrea Anton Beatrice Björn Camille Carla Clara David Elena Elias Emma Fabio Felix Florian Giulia Hannah "
    "Helena Ines Jakob Johanna Julien Katharina Lars Laura Lea Leon Lorenzo Louise Luca Lukas Magdalena Manon Marco "
    "Marie Martin Mathilde Matteo Mia Nadia Nicolas Nina Noah Olivia Paul Pauline Pia René Sabine Simon Sofia Sophie "
    "Stefan Theo Valentina Vera Yannick Zoé"
).split()
FAMILY_NAMES = (
    "Aebischer Albrecht Bauer Baumann Bernard Bianchi Bonnet Brunner Colombo Dubois Egger Esposito Fischer Fontaine "
    "Frei Gasser Girard Gruber Haas Hofer Huber Keller Kessler Lambert Lang Leclerc Leitner Lorenz Mancini Marchetti "
    "Mayer Meier Moreau Moser Müller Neumann Pichler Portmann Ricci Rossi Roth Roux Schmid Schneider Schwarz Steiner "
    "Suter Vogel Wagner Weber Winkler Wolf Zimmermann"
).split()
# City, country, and how many of the customers live there.
CITIES = [
    ("Zürich", "CH", 9), ("Bern", "CH", 5), ("Basel", "CH", 4), ("Genève", "CH", 4), ("Lugano", "CH", 2),
    ("Berlin", "DE", 7), ("München", "DE", 6), ("Hamburg", "DE", 4), ("Köln", "DE", 3), ("Leipzig", "DE", 2),
    ("Wien", "AT", 6), ("Graz", "AT", 3), ("Innsbruck", "AT", 2),
    ("Paris", "FR", 5), ("Lyon", "FR", 3), ("Strasbourg", "FR", 2),
    ("Milano", "IT", 4), ("Torino", "IT", 2), ("Bologna", "IT", 2),
]
# Product, category, price in euro, popularity.
PRODUCTS = [
    ("House Blend 250 g", "beans", "8.90", 14), ("House Blend 1 kg", "beans", "29.50", 12),
    ("Espresso Forte 250 g", "beans", "9.40", 12), ("Espresso Forte 1 kg", "beans", "31.90", 10),
    ("Decaf Swiss Water 250 g", "beans", "10.20", 5), ("Ethiopia Guji 250 g", "beans", "13.80", 7),
    ("Colombia Huila 250 g", "beans", "12.40", 7), ("Kenya Nyeri 250 g", "beans", "14.60", 4),
    ("Sumatra Lintong 250 g", "beans", "12.90", 3), ("Cold Brew Bottle 0.75 l", "drinks", "6.80", 5),
    ("Oat Latte Can 6-pack", "drinks", "11.40", 4), ("Pour-Over Dripper", "equipment", "24.00", 3),
    ("Paper Filters 100 pcs", "equipment", "5.20", 8), ("Hand Grinder", "equipment", "89.00", 2),
    ("French Press 1 l", "equipment", "42.50", 2), ("Milk Jug 350 ml", "equipment", "18.90", 2),
    ("Barista Course, half a day", "courses", "120.00", 1),
]
PLAIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "é": "e", "è": "e", "ß": "ss"})


def weighted(choices, generator):
    return generator.choices(choices, weights=[choice[-1] for choice in choices])[0]


def make_customers(generator):
    customers = []
    for number in range(1, 641):
        given, family = generator.choice(GIVEN_NAMES), generator.choice(FAMILY_NAMES)
        city, country, _ = weighted(CITIES, generator)
        email = f"{given}.{family}{number}@example.org".lower().translate(PLAIN)
        customers.append((f"C{number:04}", f"{given} {family}", email, city, country))
    return customers


def order_day(generator):
    """Business grows through the two years and is best before Christmas."""
    while True:
        offset = generator.randrange(DAYS)
        day = FIRST_DAY + datetime.timedelta(days=offset)
        season = {11: 1.25, 12: 1.6, 1: 0.8, 7: 0.75, 8: 0.7}.get(day.month, 1.0)
        weekend = 0.7 if day.weekday() >= 5 else 1.0
        if generator.random() < season * weekend * (0.6 + 0.4 * offset / DAYS) / 1.6:
            return day


def make_orders(generator):
    customers = make_customers(generator)
    # A few customers order often, most now and then.
    weights = [1 / (1 + place) ** 0.55 for place in range(len(customers))]
    lines, orders = 0, []
    while lines < LINES:
        count = min(generator.choices([1, 2, 3, 4], weights=[50, 30, 14, 6])[0], LINES - lines)
        orders.append((order_day(generator), count, generator.choices(customers, weights)[0]))
        lines += count
    orders.sort(key=lambda order: order[0])
    for number, (day, count, customer) in enumerate(orders, start=1):
        age = (FIRST_DAY + datetime.timedelta(days=DAYS) - day).days
        status = "delivered" if age > 9 else "shipped" if age > 2 else "open"
        draw = generator.random()
        status = "cancelled" if draw < 0.02 else "returned" if draw < 0.045 and age > 9 else status
        for product, category, price, _ in pick_products(count, generator):
            quantity = generator.choices([1, 2, 3, 5], weights=[64, 24, 9, 3])[0]
            yield (f"ORD-{number:06}", day, status, *customer, product, category, quantity, price)


def pick_products(count, generator):
    picked = []
    while len(picked) < count:
        product = weighted(PRODUCTS, generator)
        if product not in picked:
            picked.append(product)
    return picked


def main():
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "orders.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(make_orders(random.Random(1554)))
        duckdb.sql(f"""
            COPY (
                FROM read_csv('{table}', header = false, columns = {{
                    order_id: 'VARCHAR', ordered_on: 'DATE', status: 'VARCHAR',
                    customer_id: 'VARCHAR', customer_name: 'VARCHAR', customer_email: 'VARCHAR',
                    city: 'VARCHAR', country: 'VARCHAR',
                    product: 'VARCHAR', category: 'VARCHAR', quantity: 'INTEGER', unit_price: 'DECIMAL(8,2)'
                }})
            ) TO '{FOLDER / "orders.parquet"}' (FORMAT parquet, COMPRESSION zstd)
        """)


if __name__ == "__main__":
    main()
