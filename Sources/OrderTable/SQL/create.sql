-- create.sql: the table of orders, one row a purchase that was decided. May be run again at any time.
--
-- The primary key is what makes a repeated purchase one order, and what makes a refusal last. The two further indexes
-- say what a purchase is, whatever its ticket says, and that a user's key is good for one order. The incarnation is part
-- of both: an item that was deleted and made again under its name is another item.

SELECT pg_advisory_xact_lock(7308604897067202149);  -- two of these at once would get in each other's way

CREATE TABLE IF NOT EXISTS orders (
    ticket      text        PRIMARY KEY,
    item        text        NOT NULL,
    "user"      text        NOT NULL,
    key_digest  bigint      NOT NULL,  -- of the buyer's Idempotency-Key under the item's salt; 0: none
    quantity    integer     NOT NULL CHECK (quantity > 0),
    incarnation text        NOT NULL,  -- of the item, 16 hex digits
    sequence    bigint      NOT NULL,  -- the place in the item's queue, from 1
    attempt     smallint    NOT NULL,  -- that placed it
    state       text        NOT NULL CHECK (state IN ('confirmed', 'refused')),
    reason      text,                  -- of a refusal
    reference   bigint      GENERATED ALWAYS AS IDENTITY,
    admitted_at timestamptz NOT NULL,
    placed_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE UNIQUE INDEX IF NOT EXISTS orders_purchase ON orders (item, incarnation, sequence);

-- Tables of earlier releases have this index without the incarnation: then who bought of an item could not buy of the
-- next one of its name. It keeps its name, which workers of those releases look for.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indexrelid
        WHERE i.indrelid = 'orders'::regclass AND i.indexrelid = to_regclass('orders_user_key')
            AND a.attname = 'incarnation'
    ) THEN
        DROP INDEX IF EXISTS orders_user_key;
        CREATE UNIQUE INDEX orders_user_key ON orders (item, "user", key_digest, incarnation)
            WHERE state = 'confirmed';
    END IF;
END
$$;
