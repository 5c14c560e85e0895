-- differences.sql: what keeps the relation "orders" of the first schema from being a table of orders.
--
-- Returns: one row a difference, in words; none where there is no such relation, or no difference. Columns that the
--          merchant added are no difference, as long as a row may be made without them.

WITH wanted (name, kind) AS (
    VALUES ('ticket', 'S'), ('item', 'S'), ('user', 'S'), ('key_digest', 'N'), ('quantity', 'N'), ('incarnation', 'S'),
        ('sequence', 'N'), ('attempt', 'N'), ('state', 'S'), ('reason', 'S'), ('reference', 'N'), ('admitted_at', 'D'),
        ('placed_at', 'D')
),
there AS (
    SELECT c.oid, c.relkind FROM pg_class AS c
    WHERE c.relname = 'orders' AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
),
columns AS (
    SELECT a.attname AS name, t.typcategory AS kind, format_type(a.atttypid, a.atttypmod) AS type,
        a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS is_needed
    FROM there JOIN pg_attribute AS a ON a.attrelid = there.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type AS t ON t.oid = a.atttypid
)
SELECT 'it is no table' FROM there WHERE relkind NOT IN ('r', 'p')
UNION ALL
SELECT 'it has no column "' || w.name || '"' FROM there, wanted AS w
WHERE NOT EXISTS (SELECT FROM columns AS c WHERE c.name = w.name)
UNION ALL
SELECT 'its column "' || w.name || '" is ' || c.type FROM wanted AS w JOIN columns AS c USING (name)
WHERE c.kind <> w.kind
UNION ALL
SELECT 'its column "' || c.name || '" must be given and has no default' FROM columns AS c
WHERE c.is_needed AND c.name NOT IN (SELECT name FROM wanted)
