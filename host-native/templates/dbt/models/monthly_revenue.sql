-- Written to a file, so that dbt can build it anew while the server has the database open.
{{ config(materialized='external', location='data/monthly_revenue.csv') }}

SELECT
    date_trunc('month', ordered_on)::DATE AS month,
    country,
    count(*) AS orders,
    sum(amount)::DECIMAL(12, 2) AS revenue
FROM {{ ref('orders') }}
WHERE status = 'paid'
GROUP BY ALL
ORDER BY ALL
