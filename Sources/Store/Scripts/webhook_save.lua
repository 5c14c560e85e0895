-- webhook_save.lua: save what became of a webhook's deliveries, for the leader of a term.
--
-- KEYS[1]  term      STRING  counts the leaders                        sluice:{ctl}:term
-- KEYS[2]  webhook   HASH    settings and progress                     sluice:{ctl}:webhook:<name>
-- KEYS[3]  pending   HASH    event id -> record                        sluice:{ctl}:webhook:<name>:pending
-- KEYS[4]  dead      HASH    event id -> record                        sluice:{ctl}:webhook:<name>:dead
-- KEYS[5]  dead_ids  LIST    event ids, oldest first                   sluice:{ctl}:webhook:<name>:dead_ids
-- ARGV[1]  term of the caller; ARGV[2], ARGV[3] which webhook of the name, and how often it was changed, as the caller
--          read them; ARGV[4] how many dead letters are kept; ARGV[5] how many words of fields follow
-- ARGV[6…] fields of the progress and their values, then triples of an act, an event id, and its record: the event is
--          noted as pending, is pending no more (its record counts for nothing), or is given up
--
-- Returns: {DONE}, or {WEBHOOK_FENCED} where a later term began, {WEBHOOK_UNKNOWN} where the webhook is gone or another
--          one, {WEBHOOK_CHANGED} where it was changed since.
-- Cost: O(triples). Idempotent: yes.
--- constants: DONE, WEBHOOK_FENCED, WEBHOOK_UNKNOWN, WEBHOOK_CHANGED, WEBHOOK_MADE, WEBHOOK_EDITION, ACT_NOTE
--- constants: ACT_REMOVE, FIRST_WORD = 6, TRIPLE = 3

local TERM, WEBHOOK = KEYS[1], KEYS[2]
local PENDING, DEAD, DEAD_IDS = KEYS[3], KEYS[4], KEYS[5]
--- include: check

if tonumber(redis.call('GET', TERM) or 0) > tonumber(ARGV[1]) then return {WEBHOOK_FENCED} end
local made, edition = unpack(redis.call('HMGET', WEBHOOK, WEBHOOK_MADE, WEBHOOK_EDITION))
if made ~= ARGV[2] then return {WEBHOOK_UNKNOWN} end
if edition ~= ARGV[3] then return {WEBHOOK_CHANGED} end
check('HLEN', PENDING, 'HLEN', DEAD, 'LLEN', DEAD_IDS)

local first = FIRST_WORD + tonumber(ARGV[5])
for at = first, #ARGV, TRIPLE do
    local act, id, record = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    if act == ACT_NOTE then
        redis.call('HSET', PENDING, id, record)
    else
        redis.call('HDEL', PENDING, id)
        if act ~= ACT_REMOVE and redis.call('HSET', DEAD, id, record) == 1 then redis.call('RPUSH', DEAD_IDS, id) end
    end
end
for _ = 1, redis.call('LLEN', DEAD_IDS) - tonumber(ARGV[4]) do
    redis.call('HDEL', DEAD, redis.call('LPOP', DEAD_IDS))
end
redis.call('HSET', WEBHOOK, unpack(ARGV, FIRST_WORD, first - 1))
return {DONE}
