-- resolve.lua: an operator ends a purchase in doubt.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  results   STRING  segment 0; the others are named alike                 sluice:{item}:results:0
-- KEYS[3]  ledger    STREAM                                                        sluice:{item}:ledger
-- KEYS[4]  queue     LIST    kept for the books when the item ends                 sluice:{item}:queue
-- KEYS[5]  unanswered  HASH  records that the sink never answered for              sluice:{item}:flight:silent
-- KEYS[6]  poisoned  HASH    records whose workers were lost again and again       sluice:{item}:flight:doubt
-- KEYS[7]  attempts  HASH    sequence -> the attempt that may settle it            sluice:{item}:attempts
-- KEYS[8]  orders    HASH    sequence -> reference of a confirmed order            sluice:{item}:orders
-- KEYS[9]  reasons   HASH    sequence -> why it was refused                        sluice:{item}:reasons
-- KEYS[10...12]  reserved, holds, fresh: see holds.lua
-- ARGV[3]  sequence
-- ARGV[4]  outcome   OUTCOME_CONFIRMED, or another number: refused
-- ARGV[5]  note      reference of the order, or the reason; "" for none
--
-- Returns: {code, counters...}: RESOLVE_DONE by this call, RESOLVE_BEFORE where it ended so already,
--          RESOLVE_IN_PROGRESS (a worker has it), RESOLVE_NOT_IN_DOUBT, RESOLVE_NO_SUCH_SEQUENCE.
-- Cost: O(1). Idempotent: yes. A worker that has it still, and answers late, is fenced.
--- constants: RESOLVE_DONE, RESOLVE_BEFORE, RESOLVE_IN_PROGRESS, RESOLVE_NOT_IN_DOUBT, RESOLVE_NO_SUCH_SEQUENCE
--- constants: OUTCOME_CONFIRMED, RESULT_SOLD, RESULT_PROCESSING, RESULT_RESERVED, RESULT_REJECTED, MOVED_REVIVED
--- constants: SETTINGS_CHANGED, FLIGHT_HEAD

local META, LEDGER, UNANSWERED, POISONED, FENCES = KEYS[1], KEYS[3], KEYS[5], KEYS[6], KEYS[7]
local ORDERS, REASONS, RESERVED, HOLDS, FRESH = KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]
--- include: item, check, results, ledger, holds, outcome, skips, commit, attempts

local refused = open_item(ARGV[1], ARGV[2], 'on_sold_out_close', 'pay_window', 'pay_spread')
if refused then return refused end
check('HLEN', UNANSWERED, 'HLEN', POISONED, 'HLEN', FENCES, 'HLEN', ORDERS, 'HLEN', REASONS, 'HLEN', RESERVED, 'ZCARD',
    HOLDS, 'LLEN', FRESH, 'XLEN', LEDGER)
local field, sequence, is_confirmed, note = ARGV[3], tonumber(ARGV[3]), tonumber(ARGV[4]) == OUTCOME_CONFIRMED, ARGV[5]
local byte = result_byte(sequence)
local record = redis.call('HGET', UNANSWERED, field) or redis.call('HGET', POISONED, field)
if not record then
    if is_missing(sequence, byte) then return reply(RESOLVE_NO_SUCH_SEQUENCE) end
    if byte == RESULT_PROCESSING then return reply(RESOLVE_IN_PROGRESS) end
    local is_same = is_confirmed and (byte == RESULT_SOLD or byte == RESULT_RESERVED)
        or not is_confirmed and byte == RESULT_REJECTED
    return reply(is_same and RESOLVE_BEFORE or RESOLVE_NOT_IN_DOUBT)
end

local attempt, quantity = struct.unpack(FLIGHT_HEAD, record)
attempt = next_attempt(attempt)
redis.call('HDEL', UNANSWERED, field)
redis.call('HDEL', POISONED, field)
redis.call('HSET', FENCES, field, attempt)
meta.in_doubt = meta.in_doubt - quantity
move(MOVED_REVIVED, attempt, quantity, sequence, 1)
end_order(field, with_attempt(attempt, record), is_confirmed, note)
if note ~= '' then redis.call('HSET', META, 'has_orders', 1) end
if meta.free > 0 then meta.ended = 0 end
write_reserved()
end_if_done(meta.on_sold_out_close == 1)
commit(SETTINGS_CHANGED)
return reply(RESOLVE_DONE)
