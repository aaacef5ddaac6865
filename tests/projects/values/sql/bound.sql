-- $commented is no parameter, nor is '$quoted'
SELECT typeof($i) AS i, typeof($big) AS big, typeof($n) AS n, typeof($b) AS b, $s AS s, typeof($d) AS d,
       ($d + 1)::VARCHAR AS tomorrow, typeof($t) AS t, typeof($m) AS m, typeof($z) AS z, typeof($u) AS u,
       typeof($xs) AS xs, list_contains($xs, 2) AS has_two, $i IN (SELECT unnest($xs)) AS among, typeof($o) AS o,
       $o.b.c AS deep, $nothing IS NULL AS absent, '$quoted' AS quoted
