WITH dry AS (
    SELECT counter_id, avg(bicycles) AS bicycles FROM 'data/counts.parquet'
    WHERE year(day) = $year AND rain = 0 AND isodow(day) <= 5
    GROUP BY counter_id
),
wet AS (
    SELECT counter_id, avg(bicycles) AS bicycles FROM 'data/counts.parquet'
    WHERE year(day) = $year AND rain >= $millimetres AND isodow(day) <= 5
    GROUP BY counter_id
)
SELECT
    counter_id AS counter,
    round(dry.bicycles)::INTEGER AS dry,
    round(wet.bicycles)::INTEGER AS wet,
    round(100 * (wet.bicycles / dry.bicycles - 1))::INTEGER AS change_percent
FROM dry JOIN wet USING (counter_id)
ORDER BY change_percent, counter
