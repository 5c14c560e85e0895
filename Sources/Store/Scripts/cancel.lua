-- cancel.lua: a buyer leaves the queue, or gives back units that are reserved.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  results   STRING  segment 0; the others are named alike   sluice:{item}:results:0
-- KEYS[3]  ledger    STREAM                                          sluice:{item}:ledger
-- KEYS[4]  reserved  HASH    sequence -> attempt and purchase        sluice:{item}:reserved
-- KEYS[5]  holds     ZSET    sequence, scored by its deadline (ms)   sluice:{item}:holds
-- KEYS[6]  fresh     LIST    see holds.lua                           sluice:{item}:fresh
-- ARGV[3]  sequence
--
-- Returns: {code, counters...}: CANCEL_DONE by this call or an earlier one, CANCEL_IN_PROGRESS, CANCEL_ALREADY_FINAL,
--          CANCEL_NO_SUCH_SEQUENCE.
-- Cost: O(1). Idempotent: yes.
--- constants: CANCEL_DONE, CANCEL_IN_PROGRESS, CANCEL_ALREADY_FINAL, CANCEL_NO_SUCH_SEQUENCE, COUNTERS_CHANGED
--- constants: RESULT_NONE, RESULT_PROCESSING, RESULT_RESERVED, RESULT_CANCELLED, RESULT_IN_DOUBT
--- constants: MOVED_LEFT, MOVED_LEFT_QUEUE

local META, LEDGER, RESERVED, HOLDS, FRESH = KEYS[1], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
--- include: item, check, results, ledger, holds, skips, commit

local refused = open_item(ARGV[1], ARGV[2])
if refused then return refused end

local field, sequence = ARGV[3], tonumber(ARGV[3])
local byte = result_byte(sequence)
if byte == RESULT_CANCELLED then return reply(CANCEL_DONE) end
if byte == RESULT_PROCESSING or byte == RESULT_IN_DOUBT then return reply(CANCEL_IN_PROGRESS) end
if is_missing(sequence, byte) then return reply(CANCEL_NO_SUCH_SEQUENCE) end
if byte == RESULT_RESERVED then
    check('ZCARD', HOLDS, 'LLEN', FRESH, 'XLEN', LEDGER)
    local attempt, quantity = end_hold(field, redis.call('HGET', RESERVED, field), RESULT_CANCELLED)
    meta.held, meta.free, meta.ended = meta.held - quantity, meta.free + quantity, 0
    move(MOVED_LEFT, attempt, quantity, sequence, 1)
elseif byte ~= RESULT_NONE or sequence <= meta.ended_at then
    return reply(CANCEL_ALREADY_FINAL)
else
    check('XLEN', LEDGER)
    decide(sequence, 1, RESULT_CANCELLED)
    meta.cancelled = meta.cancelled + 1
    move(MOVED_LEFT_QUEUE, 0, 0, sequence, 1)
end
commit(COUNTERS_CHANGED)
return reply(CANCEL_DONE)
