CREATE TABLE orders (id INTEGER, customer VARCHAR, total DECIMAL(10,2), day DATE, tags VARCHAR[], moment TIMESTAMP WITH TIME ZONE, extra STRUCT(x INTEGER, y VARCHAR[]), mood ENUM('glad', 'sad'), m MAP(VARCHAR, INTEGER), u UNION(a INTEGER, b VARCHAR), arr INTEGER[3], h HUGEINT, "Odd Name" BLOB);
INSERT INTO orders BY NAME SELECT 1 AS id, 'ada' AS customer, 5.5 AS total, DATE '2024-01-01' AS day UNION ALL BY NAME SELECT 2 AS id, 'ada' AS customer, 7.5 AS total, DATE '2024-01-02' AS day;
CREATE VIEW big AS SELECT id, total FROM orders WHERE total > 6;
CREATE SCHEMA other;
CREATE TABLE other.hidden (a INTEGER);
CREATE TABLE other.big2 (zz INTEGER);
CREATE TABLE "näme" (é INTEGER);
