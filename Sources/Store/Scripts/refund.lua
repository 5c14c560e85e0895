-- refund.lua: note that a sold purchase was paid back, and perhaps return its units.
--
-- KEYS[1]  meta     HASH    sluice:{item}:meta
-- KEYS[2]  results  STRING  segment 0; the others are named alike                 sluice:{item}:results:0
-- KEYS[3]  ledger   STREAM                                                        sluice:{item}:ledger
-- KEYS[4]  refunds  HASH    sequence -> ms, 1 where units came back, reference    sluice:{item}:refunds
-- ARGV[3]  sequence
-- ARGV[4]  quantity   of the purchase, as its ticket says
-- ARGV[5]  returns    1 where its units go to the next in line
-- ARGV[6]  reference  of the refund
--
-- Returns: {code, counters..., refund}: REFUND_DONE by this call, REFUND_BEFORE by an earlier one, which has decided;
--          REFUND_NOT_SOLD and REFUND_NO_SUCH_SEQUENCE with ''.
-- Cost: O(1). Idempotent: yes.
--- constants: REFUND_DONE, REFUND_BEFORE, REFUND_NOT_SOLD, REFUND_NO_SUCH_SEQUENCE, RESULT_SOLD
--- constants: REFUND, MOVED_REFUNDED, MOVED_RETURNED, SETTINGS_CHANGED

local META, LEDGER, REFUNDS = KEYS[1], KEYS[3], KEYS[4]
--- include: item, check, clock, results, ledger, skips, commit

local refused = open_item(ARGV[1], ARGV[2])
if refused then return refused end
check('XLEN', LEDGER)
local field, sequence, quantity, is_returned = ARGV[3], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1'
local known = redis.call('HGET', REFUNDS, field)
if known then return reply(REFUND_BEFORE, known) end
local byte = result_byte(sequence)
if is_missing(sequence, byte) then return reply(REFUND_NO_SUCH_SEQUENCE, '') end
if byte ~= RESULT_SOLD then return reply(REFUND_NOT_SOLD, '') end
local refund = string.format(REFUND, clock(), ARGV[5], ARGV[6])
redis.call('HSET', REFUNDS, field, refund)
-- Queue processes read what is noted of sold purchases from now on.
redis.call('HSET', META, 'has_orders', 1)
if is_returned then
    meta.sold, meta.free, meta.ended = meta.sold - quantity, meta.free + quantity, 0
end
move(is_returned and MOVED_RETURNED or MOVED_REFUNDED, 0, quantity, sequence, 1)
commit(SETTINGS_CHANGED)
return reply(REFUND_DONE, refund)
