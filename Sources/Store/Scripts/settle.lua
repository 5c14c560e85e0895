-- settle.lua: end attempts of taken purchases, each by the answer of the order sink.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  flight    HASH    sequence -> attempt and purchase, of the calling worker  sluice:{item}:flight:{worker}
-- KEYS[3]  attempts  HASH    sequence -> attempt, only where a worker was lost        sluice:{item}:attempts
-- KEYS[4]  results   STRING  segment 0; the others are named alike                    sluice:{item}:results:0
-- KEYS[5]  ledger    STREAM                                                           sluice:{item}:ledger
-- KEYS[6]  queue     LIST    kept for the books when the item ends                    sluice:{item}:queue
-- KEYS[7]  orders    HASH    sequence -> reference of a confirmed order               sluice:{item}:orders
-- KEYS[8]  reasons   HASH    sequence -> why the sink refused                         sluice:{item}:reasons
-- KEYS[9]  unanswered  HASH  records that the sink never answered for                 sluice:{item}:flight:silent
-- KEYS[10...12]  reserved, holds, fresh: see holds.lua; a confirmed purchase that is to be paid is kept there
-- ARGV[FIRST...]     LENGTH values each: sequence, attempt, outcome (OUTCOME_CONFIRMED, OUTCOME_IN_DOUBT: units stay
--                    held, or another number: refused) and note (reference or reason, "" for none), at most 256
--
-- Returns: {DONE, counters..., codes}: one byte each: ATTEMPT_SETTLED, ATTEMPT_REPEATED, ATTEMPT_FENCED (another one
--          may settle it), ATTEMPT_UNKNOWN.
-- Cost: O(quadruples). Idempotent: yes.
--- constants: DONE, ATTEMPT_SETTLED, ATTEMPT_REPEATED, ATTEMPT_FENCED, ATTEMPT_UNKNOWN, OUTCOME_CONFIRMED
--- constants: OUTCOME_IN_DOUBT, FLIGHT_HEAD, RESULT_SOLD, RESULT_REJECTED, RESULT_IN_DOUBT, RESULT_RESERVED
--- constants: RESULT_EXPIRED, RESULT_CANCELLED, MOVED_IN_DOUBT, SETTINGS_CHANGED, COUNTERS_CHANGED, FIRST = 3
--- constants: LENGTH = 4

local META, FLIGHT, FENCES, LEDGER, ORDERS = KEYS[1], KEYS[2], KEYS[3], KEYS[5], KEYS[7]
local REASONS, UNANSWERED, RESERVED, HOLDS, FRESH = KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]
--- include: item, check, results, ledger, holds, outcome, commit

local refused = open_item(ARGV[1], ARGV[2], 'on_sold_out_close', 'has_orders', 'pay_window', 'pay_spread')
if refused then return refused end

if is_paid_later() then check('HLEN', RESERVED, 'ZCARD', HOLDS, 'LLEN', FRESH) end
check('HLEN', FLIGHT, 'HLEN', FENCES, 'XLEN', LEDGER, 'HLEN', ORDERS, 'HLEN', REASONS, 'HLEN', UNANSWERED)
for at = FIRST, #ARGV, LENGTH do check_results(ARGV[at], ARGV[at]) end

-- What a purchase that was settled may have become; one that a worker has taken can't leave before.
local settled = {[RESULT_SOLD] = true, [RESULT_REJECTED] = true, [RESULT_RESERVED] = true, [RESULT_EXPIRED] = true,
    [RESULT_CANCELLED] = true}

local function leave_in_doubt(field, record)
    local attempt, quantity = struct.unpack(FLIGHT_HEAD, record)
    meta.in_doubt = meta.in_doubt + quantity
    redis.call('HSET', UNANSWERED, field, record)
    decide(tonumber(field), 1, RESULT_IN_DOUBT)
    move(MOVED_IN_DOUBT, attempt, quantity, tonumber(field), 1)
end

local function finish(field, record, outcome, note)
    if outcome == OUTCOME_IN_DOUBT then leave_in_doubt(field, record)
    else end_order(field, record, outcome == OUTCOME_CONFIRMED, note) end
    redis.call('HDEL', FLIGHT, field)
end

local codes, changed, noted = {}, false, false
for at = FIRST, #ARGV, LENGTH do
    local field, attempt_text, outcome_text, note = unpack(ARGV, at, at + LENGTH - 1)
    local attempt, outcome = tonumber(attempt_text), tonumber(outcome_text)
    local record, code = redis.call('HGET', FLIGHT, field), ATTEMPT_UNKNOWN
    if record and string.byte(record) == attempt then
        finish(field, record, outcome, note)
        code, changed, noted = ATTEMPT_SETTLED, true, noted or note ~= ''
    else
        local holder = tonumber(redis.call('HGET', FENCES, field) or attempt)
        local byte = result_byte(tonumber(field))
        if record or holder ~= attempt then code = ATTEMPT_FENCED
        elseif settled[byte] or (byte == RESULT_IN_DOUBT and outcome == OUTCOME_IN_DOUBT) then
            code = ATTEMPT_REPEATED
        end
    end
    codes[#codes + 1] = string.char(code)
end
if changed then
    write_reserved()
    if meta.free > 0 then meta.ended = 0 end
    end_if_done(meta.on_sold_out_close == 1)
    -- From the first note on queue processes read notes: they must learn of it, so they read the item again.
    local is_first = noted and meta.has_orders ~= 1
    if is_first then redis.call('HSET', META, 'has_orders', 1) end
    commit(is_first and SETTINGS_CHANGED or COUNTERS_CHANGED)
end
return reply(DONE, table.concat(codes))
