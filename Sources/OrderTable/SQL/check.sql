-- check.sql: count the unique indexes of the table that are there; without one of them an order could be placed twice.
-- The index of an earlier release does not count: it takes an item that was made again under its name for the same one.
--
-- Returns: one row: how many of the three there are.

SELECT count(*)
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid = 'orders'::regclass AND i.indisunique AND i.indisvalid
    AND (c.relname IN ('orders_pkey', 'orders_purchase') OR c.relname = 'orders_user_key' AND EXISTS (
        SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'incarnation'))
