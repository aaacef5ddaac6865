-- `handover` has other properties for a pickup than for a delivery, so it is read as JSON: there, what is absent is null.
WITH "order" AS (
  SELECT to_json($order) AS document
), lines AS (
  SELECT unnest(from_json(document -> 'lines', '[{"sku": "VARCHAR", "units": "INTEGER"}]')) AS line,
         generate_subscripts(from_json(document -> 'lines', '["JSON"]'), 1) AS position
  FROM "order"
), priced AS (
  SELECT line.sku AS sku, line.units AS units, name || ', ' || unit AS name, line.units * price AS amount, position
  FROM lines LEFT JOIN read_csv('data/products.csv', types = {'price': 'DECIMAL(9, 2)'}) AS products ON products.sku = line.sku
), handover AS (
  SELECT document ->> '$.handover.country' AS country,
         document ->> '$.handover.postcode' AS postcode,
         if(coalesce((document ->> '$.handover.express')::BOOLEAN, false), 2, 1) AS factor
  FROM "order"
), delivery AS (
  SELECT coalesce(max_by(fee * factor, length(coalesce(prefix, ''))), 0) AS fee
  FROM handover
  JOIN read_csv('data/zones.csv', types = {'fee': 'DECIMAL(9, 2)', 'prefix': 'VARCHAR'}) AS zones
    ON zones.country = handover.country AND starts_with(postcode, coalesce(prefix, ''))
)
SELECT list({sku: sku, name: name, units: units, amount: amount} ORDER BY position) AS lines,
       coalesce(list(DISTINCT sku) FILTER (name IS NULL), []) AS unknown,
       any_value(fee) AS fee,
       coalesce(sum(amount), 0) + any_value(fee) AS total
FROM priced, delivery
