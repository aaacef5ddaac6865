SELECT
    strftime(ordered_on, '%Y-%m') AS month,
    count(DISTINCT order_id) AS orders,
    sum(quantity) AS units,
    sum(quantity * unit_price) AS revenue
FROM 'data/orders.parquet'
WHERE year(ordered_on) = $year
  AND ($country IS NULL OR country = $country)
  AND status NOT IN ('cancelled', 'returned')
GROUP BY month
ORDER BY month
