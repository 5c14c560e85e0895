-- pay.lua: purchases that are reserved are paid, or a payment failed.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  results   STRING  segment 0; the others are named alike                     sluice:{item}:results:0
-- KEYS[3]  ledger    STREAM                                                            sluice:{item}:ledger
-- KEYS[4]  queue     LIST    kept for the books when the item ends                     sluice:{item}:queue
-- KEYS[5]  reserved  HASH    sequence -> attempt and purchase                          sluice:{item}:reserved
-- KEYS[6]  holds     ZSET    sequence, scored by its deadline (ms)                     sluice:{item}:holds
-- KEYS[7]  fresh     LIST    see holds.lua                                             sluice:{item}:fresh
-- KEYS[8]  payments  HASH    sequence -> reference of its payment; `sequence reference` -> 1 for one to be paid back
--                            sluice:{item}:payments
-- ARGV[FIRST...]     LENGTH values each: sequence, outcome (PAY_PAID, PAY_FAILED, or another number for an
--                    authorized payment, which is to be captured or voided as the answer says) and reference, at
--                    most 256
--
-- Returns: {DONE, counters..., codes}: one byte each: PAID_SOLD (by this payment, now or before), PAID_HELD (the
--          payment failed, the hold stays), PAID_LATE (the unit is gone), PAID_NOT_RESERVED, PAID_UNKNOWN (no such
--          purchase). What was paid and can buy nothing now is to be paid back: noted in the ledger, once a reference.
-- Cost: O(triples). Idempotent: yes, by reference.
--- constants: DONE, PAY_PAID, PAY_FAILED, PAID_SOLD, PAID_HELD, PAID_LATE, PAID_NOT_RESERVED, PAID_UNKNOWN
--- constants: MOVED_PAID, MOVED_REFUND_DUE, LEDGER_REFERENCES, RESULT_SOLD, RESULT_NONE, RESULT_EXPIRED
--- constants: RESULT_CANCELLED, RESULT_PROCESSING, RESULT_IN_DOUBT, COUNTERS_CHANGED, FIRST = 3, LENGTH = 3

local META, LEDGER, RESERVED, HOLDS, FRESH, PAYMENTS = KEYS[1], KEYS[3], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
--- include: item, check, results, ledger, holds, skips, commit

local refused = open_item(ARGV[1], ARGV[2], 'on_sold_out_close')
if refused then return refused end
check('HLEN', RESERVED, 'ZCARD', HOLDS, 'LLEN', FRESH, 'HLEN', PAYMENTS, 'XLEN', LEDGER)
for at = FIRST, #ARGV, LENGTH do check_results(ARGV[at], ARGV[at]) end

local changed = false

local function sell(field, record, reference)
    local attempt, quantity = end_hold(field, record, RESULT_SOLD)
    meta.held, meta.sold = meta.held - quantity, meta.sold + quantity
    redis.call('HSET', PAYMENTS, field, reference)
    move(MOVED_PAID, attempt, quantity, tonumber(field), 1)
    changed = true
    return PAID_SOLD
end

-- Money came for nothing: it is due to be paid back, and said once.
local function pay_back(field, reference)
    if redis.call('HSETNX', PAYMENTS, field .. ' ' .. reference, 1) == 0 then return end
    -- The entry names the reference, since nothing else says which it is.
    further = further or {LEDGER_REFERENCES, ''}
    further[2] = further[2] .. (further[2] == '' and '' or ' ') .. reference
    move(MOVED_REFUND_DUE, 0, 0, tonumber(field), 1)
    changed = true
end

local function refuse(field, outcome, reference)
    local sequence = tonumber(field)
    local byte = result_byte(sequence)
    if byte == RESULT_SOLD and outcome ~= PAY_FAILED and redis.call('HGET', PAYMENTS, field) == reference then
        return PAID_SOLD
    end
    if is_missing(sequence, byte) then return PAID_UNKNOWN end
    -- A purchase that may still be reserved may still be paid with the same reference.
    local is_open = byte == RESULT_PROCESSING or byte == RESULT_IN_DOUBT
        or byte == RESULT_NONE and sequence > meta.ended_at
    if outcome == PAY_PAID and not is_open then pay_back(field, reference) end
    return (byte == RESULT_EXPIRED or byte == RESULT_CANCELLED) and PAID_LATE or PAID_NOT_RESERVED
end

local codes = {}
for at = FIRST, #ARGV, LENGTH do
    local field, outcome_text, reference = unpack(ARGV, at, at + LENGTH - 1)
    local record, outcome = redis.call('HGET', RESERVED, field), tonumber(outcome_text)
    local code
    if not record then code = refuse(field, outcome, reference)
    elseif outcome == PAY_FAILED then code = PAID_HELD
    else code = sell(field, record, reference) end
    codes[#codes + 1] = string.char(code)
end
if changed then
    end_if_done(meta.on_sold_out_close == 1)
    commit(COUNTERS_CHANGED)
end
return reply(DONE, table.concat(codes))
