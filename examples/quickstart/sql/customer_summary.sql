WITH lines AS (
    FROM 'data/orders.parquet' WHERE customer_id = $customer_id
),
products AS (
    SELECT product, sum(quantity) AS units FROM lines GROUP BY product
),
newest AS (
    SELECT order_id, ordered_on, status FROM lines ORDER BY order_id DESC LIMIT 1
)
SELECT
    customer_id,
    customer_name AS name,
    customer_email AS email,
    city,
    country,
    count(DISTINCT order_id) AS orders,
    sum(quantity * unit_price) AS spent,
    (SELECT list(product ORDER BY units DESC, product)[:3] FROM products) AS favourites,
    (SELECT {'order_id': order_id, 'ordered_on': ordered_on, 'status': status} FROM newest) AS last_order
FROM lines
GROUP BY ALL
