-- expire.lua: the leader ends holds whose deadline is over, and checks the deadlines of new ones by its clock.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  results   STRING  segment 0; the others are named alike   sluice:{item}:results:0
-- KEYS[3]  ledger    STREAM                                          sluice:{item}:ledger
-- KEYS[4]  reserved  HASH    sequence -> attempt and purchase        sluice:{item}:reserved
-- KEYS[5]  holds     ZSET    sequence, scored by its deadline (ms)   sluice:{item}:holds
-- KEYS[6]  fresh     LIST    see holds.lua                           sluice:{item}:fresh
-- ARGV[3]  now       ms since 1970 by the leader's clock, which no jump of the store's clock moves
-- ARGV[4]  ahead     ms by which the store's clock is ahead of it for good, as the leader believes
-- ARGV[5]  limit     new holds to check, and holds to end, in this call, 1...256
--
-- A hold ends where both clocks are behind its deadline and the grace, so neither alone can end one early. Where they
-- part by more than MOST_APART none ends and none is checked: this call may be late, with an old time of the leader.
-- A deadline that the store's clock gave while the two parted, ahead or not, or that is not between what the leader's
-- clock gives for the last call (MOST_APART ago at most) and the later of both for this one, is given anew by that.
--
-- Returns: {DONE, counters..., ended, next, left, now, incarnation}: holds ended; the time (ms) at which the next hold
--          may end, 0 for none, this call's at most where the clocks part; 1 where more is to be done at once; ms since
--          1970 by the store's clock. A frozen item keeps all.
-- Cost: O(limit * log holds). Idempotent: yes.
--- constants: DONE, RESULT_EXPIRED, MOVED_EXPIRED, COUNTERS_CHANGED, MOST_APART = 1000, TOGETHER = 50

local META, LEDGER, RESERVED, HOLDS, FRESH = KEYS[1], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
--- include: item, check, clock, results, ledger, holds, commit

local refused = open_item(ARGV[1], ARGV[2], 'frozen', 'pay_grace', 'holds_seen')
if refused then return refused end
check('HLEN', RESERVED, 'ZCARD', HOLDS, 'LLEN', FRESH, 'XLEN', LEDGER)
local leader, limit, store_now = tonumber(ARGV[3]), tonumber(ARGV[5]), clock()
local store, grace = store_now - tonumber(ARGV[4]), meta.pay_grace or 0
local is_together = math.abs(leader - store_now) <= TOGETHER
local is_apart = math.abs(leader - store) > MOST_APART
local is_halted = meta.frozen == 1 or is_apart

local function due()
    if is_halted then return {} end
    return redis.call('ZRANGEBYSCORE', HOLDS, 0, math.min(leader, store) - grace, 'LIMIT', 0, limit)
end

local function end_holds(fields)
    for i, record in ipairs(redis.call('HMGET', RESERVED, unpack(fields))) do
        local attempt, quantity = end_hold(fields[i], record, RESULT_EXPIRED)
        meta.held, meta.free = meta.held - quantity, meta.free + quantity
        move(MOVED_EXPIRED, attempt, quantity, tonumber(fields[i]), 1)
    end
    meta.ended = 0
    commit(COUNTERS_CHANGED)
end

-- The new ones first, so that a deadline that a wrong clock gave ends none.
local entries = is_apart and {} or redis.call('LRANGE', FRESH, 0, 2 * limit - 1)
for at = 1, #entries, 2 do check_results(entries[at], entries[at]) end
for _, field in ipairs(due()) do check_results(field, field) end
for at = 1, #entries, 2 do
    local field, time = entries[at], tonumber(entries[at + 1])
    local deadline = redis.call('ZSCORE', HOLDS, field)
    local latest = math.max(leader, store) + time
    local earliest = math.max(meta.holds_seen or 0, leader - MOST_APART) + time
    if deadline and (not is_together or tonumber(deadline) > latest or tonumber(deadline) < earliest) then
        redis.call('ZADD', HOLDS, string.format('%d', latest), field)
    end
end
if #entries > 0 then redis.call('LTRIM', FRESH, #entries, -1) end
local is_all_seen, ended = redis.call('LLEN', FRESH) == 0, {}
if is_all_seen then
    redis.call('HSET', META, 'holds_seen', ARGV[3])
    ended = due()
    if #ended > 0 then end_holds(ended) end
end
local first = redis.call('ZRANGE', HOLDS, 0, 0, 'WITHSCORES')[2]
local following = first and tonumber(first) + grace or 0
if is_apart then following = math.min(following, leader) end
local is_left = not is_apart and (not is_all_seen or #ended == limit)
return reply(DONE, #ended, following, is_left and 1 or 0, store_now, meta.incarnation)
