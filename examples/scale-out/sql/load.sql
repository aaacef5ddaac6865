-- What the shop begins with. Replicas need it once: the tables stay.
CREATE TABLE IF NOT EXISTS shop.products AS
SELECT sku, name, kilos::INTEGER AS kilos, price::DECIMAL(8, 2) AS price FROM read_csv('data/products.csv');

-- 20,000 invented orders of two years; the same ones wherever they are made.
CREATE TABLE IF NOT EXISTS shop.orders AS
SELECT
    number AS order_number,
    DATE '2024-01-01' + (number * 731 // 20000)::INTEGER AS ordered_on,
    format('customer{:03d}@example.org', number * 7919 % 400) AS customer,
    sku,
    1 + number * 31 % 5 AS kilos,
    price
FROM range(20000) AS numbers (number)
JOIN (SELECT row_number() OVER (ORDER BY sku) - 1 AS place, sku, price FROM shop.products) ON place = number * 13 % 12
ORDER BY number;

CREATE TABLE IF NOT EXISTS desk.reservations (
    reservation VARCHAR PRIMARY KEY,
    sku VARCHAR NOT NULL,
    kilos INTEGER NOT NULL
);
