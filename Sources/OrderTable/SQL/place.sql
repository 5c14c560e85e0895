-- place.sql: place a batch of orders, and return what the table holds of each afterwards; one statement.
--
-- $1...$9  arrays of the same length, at most 256: ticket, item, incarnation, user, key digest, sequence, quantity,
--          attempt, admitted at (ms since 1970)
--
-- Returns: (place in the arrays from 1, state, reason, reference) of each purchase that the table knows now. One that
--          is left out met a transaction under way that holds its user's key: to be sent again.
-- Cost: two index look-ups and three index entries a purchase. The LIMITs make it look-ups always: as plain joins
--          they read the whole table until its statistics are made, which may be after the sale.
-- Idempotent: yes, by ticket and by purchase.

WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::bigint[]) WITH ORDINALITY
        AS g (ticket, item, incarnation, "user", key_digest, sequence, quantity, attempt, admitted, place)
),
-- A purchase whose key has an order already is refused, and the refusal is kept as an order is. A purchase that is in
-- the table already is not changed, nor is one made whose key another transaction takes at this moment.
placed AS (
    INSERT INTO orders (ticket, item, incarnation, "user", key_digest, sequence, quantity, attempt, admitted_at, state,
        reason)
    SELECT g.ticket, g.item, g.incarnation, g."user", g.key_digest, g.sequence, g.quantity, g.attempt,
        to_timestamp(g.admitted / 1000.0),
        CASE WHEN o.taken THEN 'refused' ELSE 'confirmed' END,
        CASE WHEN o.taken THEN 'key-taken' END
    FROM given AS g LEFT JOIN LATERAL (
        SELECT true AS taken FROM orders AS o
        WHERE o.item = g.item AND o."user" = g."user" AND o.key_digest = g.key_digest
            AND o.incarnation = g.incarnation AND o.state = 'confirmed'
        LIMIT 1
    ) AS o ON true
    ORDER BY g.ticket
    ON CONFLICT DO NOTHING
    RETURNING ticket, state, reason, reference
)
SELECT g.place, p.state, p.reason, p.reference FROM given AS g JOIN placed AS p USING (ticket)
UNION ALL
-- This part sees the table as it was before.
SELECT g.place, o.state, o.reason, o.reference
FROM given AS g CROSS JOIN LATERAL (
    SELECT * FROM orders AS o
    WHERE o.item = g.item AND o.incarnation = g.incarnation AND o.sequence = g.sequence
    LIMIT 1
) AS o
WHERE o."user" = g."user" AND o.key_digest = g.key_digest AND o.quantity = g.quantity
