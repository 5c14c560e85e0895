-- item.lua: the counters and settings of one item, and the refusals that every script on one has.
--
-- `meta` holds numbers (and the incarnation, a text), which a script changes and `commit` writes; `read` holds the
-- counters as they were read, as texts in the order of COUNTERS. The names of the item's other keys begin with
-- `prefix`.
--
--- needs: META
--- constants: META_KEY, COUNTERS, NO_SUCH_ITEM, STALE_BOOT, OTHER_INCARNATION
--- shares: prefix, meta, read, counter_names, open_item, reply

local prefix, meta, read = string.sub(META, 1, -#META_KEY - 1), {}, {}
local counter_names = {COUNTERS}

-- Reads the counters and the named fields as numbers into `meta`, for a call that is meant for the item of this boot
-- and incarnation ("": any). Returns a refusal; or nil where the call may go on, and the named fields as texts.
local function open_item(boot, incarnation, ...)
    local values, count = redis.call('HMGET', META, COUNTERS, 'boot', 'incarnation', ...), #counter_names
    if not values[count + 1] then return {NO_SUCH_ITEM} end
    if values[count + 1] ~= boot then return {STALE_BOOT} end
    if incarnation ~= '' and values[count + 2] ~= incarnation then return {OTHER_INCARNATION} end
    read, meta.incarnation = values, values[count + 2]
    for i, name in ipairs(counter_names) do meta[name] = tonumber(values[i]) end
    for i, name in ipairs({...}) do meta[name] = tonumber(values[count + 2 + i]) end
    return nil, unpack(values, count + 2 + 1)
end

-- A reply: a status, the counters in their order, and the further values.
local function reply(status, ...)
    local answer = {status}
    for i, name in ipairs(counter_names) do answer[i + 1] = meta[name] end
    for _, extra in ipairs({...}) do answer[#answer + 1] = extra end
    return answer
end
