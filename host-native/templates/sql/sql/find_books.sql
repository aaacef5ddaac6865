-- Values of parameters are bound as $name, never pasted into the text.
SELECT isbn::VARCHAR AS isbn, title, author, published, price::DECIMAL(8, 2) AS price,
       purchase_price::DECIMAL(8, 2) AS purchase_price, stock
FROM 'data/books.csv'
WHERE (contains(lower(title), lower($text)) OR contains(lower(author), lower($text)))
  AND ($in_stock IS NOT TRUE OR stock > 0)
ORDER BY title
