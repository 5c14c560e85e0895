-- revive.lua: take purchases in doubt back into flight, so that their orders are asked for once more.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  flight    HASH    of the calling worker                             sluice:{item}:flight:{worker}
-- KEYS[3]  silent    HASH    records that the sink never answered for          sluice:{item}:flight:silent
-- KEYS[4]  doubt     HASH    records whose workers were lost again and again   sluice:{item}:flight:doubt
-- KEYS[5]  attempts  HASH    sequence -> the attempt that may settle it        sluice:{item}:attempts
-- KEYS[6]  results   STRING  segment 0; the others are named alike             sluice:{item}:results:0
-- KEYS[7]  ledger    STREAM                                                    sluice:{item}:ledger
-- KEYS[8]  workers   SET     who may hold something of the item                sluice:{item}:workers
-- ARGV[3]  limit     records to take in this call, 1...256
-- ARGV[4]  all       1 to take those of `doubt` too: they may be what ended their workers, so by an operator only
--
-- Returns: {0, counters..., records left, flight, incarnation}; flight: {sequence, record, …} of what was taken.
-- Cost: O(limit). Idempotent: no; `recall` repairs a lost reply. Units stay held.

local refused = open_item()
if refused then return refused end
check('HLEN', KEYS[2], 'HLEN', KEYS[3], 'HLEN', KEYS[4], 'HLEN', KEYS[5], 'XLEN', KEYS[7], 'SCARD', KEYS[8])

local found = {}
local function look(key)
    local room = tonumber(ARGV[3]) - #found
    local records = room > 0 and redis.call('HRANDFIELD', key, room, 'WITHVALUES') or {}
    for at = 1, #records, 2 do found[#found + 1] = {key, records[at], records[at + 1]} end
end
look(KEYS[3])
if ARGV[4] == '1' then look(KEYS[4]) end
for _, entry in ipairs(found) do check_results(entry[2], entry[2]) end

local flight = {}
for _, entry in ipairs(found) do
    local key, field, record = unpack(entry)
    local attempt, quantity = struct.unpack('>BI2', record)
    attempt = next_attempt(attempt)
    record = string.char(attempt) .. string.sub(record, 2)
    redis.call('HDEL', key, field)
    redis.call('HSET', KEYS[2], field, record)
    redis.call('HSET', KEYS[5], field, attempt)
    meta.in_doubt = meta.in_doubt - quantity
    decide(tonumber(field), 1, PROCESSING)
    move(M_REVIVED, attempt, quantity, tonumber(field), 1)
    flight[#flight + 1], flight[#flight + 2] = field, record
end
if #found > 0 then
    redis.call('SADD', KEYS[8], worker_of(KEYS[2]))
    commit('D')
end
local left = redis.call('HLEN', KEYS[3]) + (ARGV[4] == '1' and redis.call('HLEN', KEYS[4]) or 0)
return reply(0, left, flight, meta.incarnation)
