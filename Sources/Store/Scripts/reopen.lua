-- reopen.lua: the leader opens an item in a restarted store, after the durability checks.
--
-- KEYS[1]  meta  HASH  sluice:{item}:meta
-- KEYS[2]  queue LIST  kept for the books where no purchase waits  sluice:{item}:queue
-- ARGV[1]  run_id of the store now
-- ARGV[2]  name of the life that begins, never used before
-- ARGV[3]  sequences to leave out: the store may have lost as many, whose tickets must not become another buyer's
--
-- Writes the field `kept:{life}` of meta: version and tail at the end of the life that ends now, for later checks. And
-- `kept:{run_id}`, the version alone, for processes of releases before lives; a store that was replaced may come back
-- with this run_id, and then the field is of its last time. `skips`: `first:count` of each range left out, with commas.
--
-- Returns: {REOPENED}, {OPEN_ALREADY}, {NO_SUCH_ITEM}. A frozen item stays frozen.
-- Cost: O(1). Idempotent: yes.
--- constants: REOPENED, OPEN_ALREADY, NO_SUCH_ITEM, KEPT_FIELD, SETTINGS_CHANGED, LAST_SEQUENCE

local META, QUEUE = KEYS[1], KEYS[2]
--- include: item, check, commit

local boot, version, life_before, tail, skips = unpack(redis.call('HMGET', META, 'boot', 'version', 'life', 'tail',
    'skips'))
if not boot then return {NO_SUCH_ITEM} end
if boot == ARGV[1] then return {OPEN_ALREADY} end
check('LLEN', QUEUE)
-- A durability check may have come first, and knows better how far that life had got.
redis.call('HSETNX', META, KEPT_FIELD .. boot, version)
if life_before then redis.call('HSETNX', META, KEPT_FIELD .. life_before, version .. ' ' .. tail) end
redis.call('HDEL', META, KEPT_FIELD .. ARGV[1])
redis.call('HSET', META, 'boot', ARGV[1], 'life', ARGV[2])
open_item(ARGV[1], '')
local count = tonumber(ARGV[3])
skips = skips or ''
if count > 0 and meta.tail + count <= LAST_SEQUENCE then
    local earlier, first, length = string.match(skips, '^(.-)(%d+):(%d+)$')
    if first and first + length == meta.tail + 1 then
        skips = earlier .. string.format('%d:%d', first, length + count)
    else
        skips = (skips == '' and '' or skips .. ',') .. string.format('%d:%d', meta.tail + 1, count)
    end
    redis.call('HSET', META, 'skips', skips)
    local is_empty = meta.tail - meta.head - meta.cancelled == 0
    meta.tail = meta.tail + count
    if is_empty then
        meta.head, meta.cancelled = meta.tail, 0
        close_queue()
    else
        meta.cancelled = meta.cancelled + count
    end
end
commit(SETTINGS_CHANGED)
return {REOPENED}
