-- details.lua: what the store keeps of one purchase beside its result.
--
-- KEYS[1]  orders   HASH  sequence -> reference of its order                         sluice:{item}:orders
-- KEYS[2]  reasons  HASH  sequence -> why the order sink refused it                  sluice:{item}:reasons
-- KEYS[3]  holds    ZSET  sequence, scored by the end of its time to pay (ms)        sluice:{item}:holds
-- KEYS[4]  refunds  HASH  sequence -> ms, 1 where units came back, reference         sluice:{item}:refunds
-- ARGV[1]  sequence
--
-- Returns: {DONE, order, reason, deadline, refund}, each '' for none.
-- Cost: O(1). Idempotent: yes, it only reads.
--- constants: DONE

local ORDERS, REASONS, HOLDS, REFUNDS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local sequence = ARGV[1]
return {DONE, redis.call('HGET', ORDERS, sequence) or '', redis.call('HGET', REASONS, sequence) or '',
    redis.call('ZSCORE', HOLDS, sequence) or '', redis.call('HGET', REFUNDS, sequence) or ''}
