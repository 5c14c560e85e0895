-- reap.lua: take back, in slices, what a lost worker held; or what a stopping one gives back itself.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  flight    HASH    of the lost worker                                sluice:{item}:flight:{worker}
-- KEYS[3]  redo      ZSET    sequences to be served before the queue           sluice:{item}:redo
-- KEYS[4]  spare     HASH    their flight records                              sluice:{item}:flight:redo
-- KEYS[5]  attempts  HASH    sequence -> the attempt that may settle it        sluice:{item}:attempts
-- KEYS[6]  poisoned  HASH    records that an operator must examine             sluice:{item}:flight:doubt
-- KEYS[7]  results   STRING  segment 0; the others are named alike             sluice:{item}:results:0
-- KEYS[8]  ledger    STREAM                                                    sluice:{item}:ledger
-- KEYS[9]  losses    HASH    sequence -> workers that were lost while they held it  sluice:{item}:losses
-- KEYS[10] workers   SET     workers that may hold purchases of the item       sluice:{item}:workers
-- ARGV[3]  limit     records to take back in this call, 1...256
-- ARGV[4]  most      lost workers after which a purchase is in doubt
-- ARGV[5]  consumes  1 where the attempt counts as used (lost worker), 0 where it was never begun (orderly stop)
--
-- Returns: {DONE, counters..., taken back, still left, incarnation}.
-- Cost: O(limit). Idempotent: yes. Units stay held.
--- constants: DONE, RESULT_IN_DOUBT, MOVED_IN_DOUBT, COUNTERS_CHANGED, FLIGHT_HEAD

local META, FLIGHT, REDO, SPARE, FENCES = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local POISONED, LEDGER, LOSSES, WORKERS = KEYS[6], KEYS[8], KEYS[9], KEYS[10]
--- include: item, check, results, ledger, commit, attempts, worker

local refused = open_item(ARGV[1], ARGV[2], 'on_sold_out_close')
if refused then return refused end
check('ZCARD', REDO, 'HLEN', SPARE, 'HLEN', FENCES, 'HLEN', POISONED, 'XLEN', LEDGER, 'HLEN', LOSSES,
    'SCARD', WORKERS)

local consumes_attempt = ARGV[5] == '1'
local records = redis.call('HRANDFIELD', FLIGHT, ARGV[3], 'WITHVALUES')
for at = 1, #records, 2 do check_results(records[at], records[at]) end
for at = 1, #records, 2 do
    local field, record = records[at], records[at + 1]
    local sequence, attempt, quantity = tonumber(field), struct.unpack(FLIGHT_HEAD, record)
    local lost = consumes_attempt and redis.call('HINCRBY', LOSSES, field, 1) or 0
    if not consumes_attempt then attempt = attempt - 1 end
    if lost >= tonumber(ARGV[4]) then
        meta.in_doubt = meta.in_doubt + quantity
        decide(sequence, 1, RESULT_IN_DOUBT)
        move(MOVED_IN_DOUBT, attempt, quantity, sequence, 1)
        redis.call('HSET', POISONED, field, record)
    else
        redis.call('ZADD', REDO, sequence, field)
        redis.call('HSET', SPARE, field, with_attempt(attempt, record))
        redis.call('HSET', FENCES, field, next_attempt(attempt))
        meta.redo = meta.redo + 1
    end
    redis.call('HDEL', FLIGHT, field)
end
if #records > 0 then
    end_if_done(meta.on_sold_out_close == 1)
    commit(COUNTERS_CHANGED)
end
local left = redis.call('HLEN', FLIGHT)
if left == 0 then redis.call('SREM', WORKERS, worker) end
return reply(DONE, #records / 2, left, meta.incarnation)
