-- revive.lua: take purchases in doubt back into flight, so that their orders are called for once more.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  flight    HASH    of the calling worker                             sluice:{item}:flight:{worker}
-- KEYS[3]  unanswered  HASH  records that the sink never answered for          sluice:{item}:flight:silent
-- KEYS[4]  poisoned  HASH    records whose workers were lost again and again   sluice:{item}:flight:doubt
-- KEYS[5]  attempts  HASH    sequence -> the attempt that may settle it        sluice:{item}:attempts
-- KEYS[6]  results   STRING  segment 0; the others are named alike             sluice:{item}:results:0
-- KEYS[7]  ledger    STREAM                                                    sluice:{item}:ledger
-- KEYS[8]  workers   SET     workers that may hold purchases of the item       sluice:{item}:workers
-- ARGV[3]  limit     records to take in this call, 1...256
-- ARGV[4]  all       1 to take poisoned ones too: they may be what ended their workers, so for an operator only
--
-- Returns: {DONE, counters..., records left, flight, incarnation}; flight: {sequence, record, …} of what was taken.
-- Cost: O(limit). Idempotent: no; `recall` repairs a lost reply. Units stay held.
--- constants: DONE, RESULT_PROCESSING, MOVED_REVIVED, COUNTERS_CHANGED, FLIGHT_HEAD

local META, FLIGHT, UNANSWERED, POISONED = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local FENCES, LEDGER, WORKERS = KEYS[5], KEYS[7], KEYS[8]
--- include: item, check, results, ledger, commit, attempts, worker

local refused = open_item(ARGV[1], ARGV[2])
if refused then return refused end
check('HLEN', FLIGHT, 'HLEN', UNANSWERED, 'HLEN', POISONED, 'HLEN', FENCES, 'XLEN', LEDGER, 'SCARD', WORKERS)

local found, takes_all = {}, ARGV[4] == '1'
-- Reads records of this key, up to the limit of the call.
local function collect(key)
    local room = tonumber(ARGV[3]) - #found
    local records = room > 0 and redis.call('HRANDFIELD', key, room, 'WITHVALUES') or {}
    for at = 1, #records, 2 do found[#found + 1] = {key, records[at], records[at + 1]} end
end
collect(UNANSWERED)
if takes_all then collect(POISONED) end
for _, entry in ipairs(found) do check_results(entry[2], entry[2]) end

local flight = {}
for _, entry in ipairs(found) do
    local key, field, record = unpack(entry)
    local attempt, quantity = struct.unpack(FLIGHT_HEAD, record)
    attempt = next_attempt(attempt)
    record = with_attempt(attempt, record)
    redis.call('HDEL', key, field)
    redis.call('HSET', FLIGHT, field, record)
    redis.call('HSET', FENCES, field, attempt)
    meta.in_doubt = meta.in_doubt - quantity
    decide(tonumber(field), 1, RESULT_PROCESSING)
    move(MOVED_REVIVED, attempt, quantity, tonumber(field), 1)
    flight[#flight + 1], flight[#flight + 2] = field, record
end
if #found > 0 then
    redis.call('SADD', WORKERS, worker)
    commit(COUNTERS_CHANGED)
end
local left = redis.call('HLEN', UNANSWERED) + (takes_all and redis.call('HLEN', POISONED) or 0)
return reply(DONE, left, flight, meta.incarnation)
