-- reap.lua: take back, in slices, what a lost worker held; or what a stopping one gives back itself.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  flight    HASH    of the lost worker                                sluice:{item}:flight:{worker}
-- KEYS[3]  redo      ZSET    sequences to be served before the queue           sluice:{item}:redo
-- KEYS[4]  spare     HASH    their flight records                              sluice:{item}:flight:redo
-- KEYS[5]  attempts  HASH    sequence -> the attempt that may settle it        sluice:{item}:attempts
-- KEYS[6]  doubt     HASH    records that an operator must look at             sluice:{item}:flight:doubt
-- KEYS[7]  results   STRING  segment 0; the others are named alike             sluice:{item}:results:0
-- KEYS[8]  ledger    STREAM                                                    sluice:{item}:ledger
-- KEYS[9]  losses    HASH    sequence -> workers that were lost while they held it  sluice:{item}:losses
-- KEYS[10] workers   SET     who may hold something of the item                sluice:{item}:workers
-- ARGV[3]  limit     records to take back in this call, 1...256
-- ARGV[4]  most      lost workers after which a purchase is in doubt
-- ARGV[5]  burn      1 where the attempt was used up (lost worker), 0 where it was never begun (orderly stop)
--
-- Returns: {0, counters..., taken back, still left, incarnation}.
-- Cost: O(limit). Idempotent: yes. Units stay held.

local refused = open_item('on_sold_out_close')
if refused then return refused end
check('ZCARD', KEYS[3], 'HLEN', KEYS[4], 'HLEN', KEYS[5], 'HLEN', KEYS[6], 'XLEN', KEYS[8], 'HLEN', KEYS[9],
    'SCARD', KEYS[10])

local records = redis.call('HRANDFIELD', KEYS[2], ARGV[3], 'WITHVALUES')
for at = 1, #records, 2 do check_results(records[at], records[at]) end
for at = 1, #records, 2 do
    local field, record = records[at], records[at + 1]
    local sequence, attempt, quantity = tonumber(field), struct.unpack('>BI2', record)
    local lost = ARGV[5] == '1' and redis.call('HINCRBY', KEYS[9], field, 1) or 0
    if ARGV[5] == '0' then attempt = attempt - 1 end
    if lost >= tonumber(ARGV[4]) then
        meta.in_doubt = meta.in_doubt + quantity
        decide(sequence, 1, IN_DOUBT)
        move(M_IN_DOUBT, attempt, quantity, sequence, 1)
        redis.call('HSET', KEYS[6], field, record)
    else
        redis.call('ZADD', KEYS[3], sequence, field)
        redis.call('HSET', KEYS[4], field, string.char(attempt) .. string.sub(record, 2))
        redis.call('HSET', KEYS[5], field, next_attempt(attempt))
        meta.redo = meta.redo + 1
    end
    redis.call('HDEL', KEYS[2], field)
end
if #records > 0 then
    end_if_done(meta.on_sold_out_close == 1)
    commit('D')
end
local left = redis.call('HLEN', KEYS[2])
if left == 0 then redis.call('SREM', KEYS[10], worker_of(KEYS[2])) end
return reply(0, #records / 2, left, meta.incarnation)
