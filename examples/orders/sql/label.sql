-- Names go into XML, so what XML would take for its own is written in other words.
WITH article AS (
  SELECT sku, fragile, printf('%s, %s, %.2f kg', name, unit, grams / 1000) AS summary
  FROM 'data/products.csv'
  WHERE sku = $sku
)
SELECT summary,
       {
         uri: 'label://' || sku,
         mimeType: 'image/svg+xml',
         text: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 80">'
            || '<text x="8" y="32" font-size="24">' || sku || '</text>'
            || '<text x="8" y="64" font-size="12">' || replace(replace(summary, '&', '&amp;'), '<', '&lt;') || '</text></svg>'
       } AS label,
       if(fragile, (SELECT content FROM read_blob('data/fragile.png')), NULL) AS pictogram
FROM article
