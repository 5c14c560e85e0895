-- drain.lua: sell to the head of one item's queue; when the stock is gone, end the whole rest at once.
--
-- KEYS[1]  meta     HASH  {item}:meta
-- KEYS[2]  queue    LIST  {item}:queue    quantities, oldest first; the first is that of sequence head + 1
-- KEYS[3]  results  HASH  {item}:results  sequence -> units sold; `head` = last sequence that is decided
-- ARGV[1]  n        purchases to take at most
--
-- Returns: {purchases taken, 1 when the item is sold out else 0}.
-- Cost: O(n). Idempotent: no; one call at a time.

local meta = redis.call('HMGET', KEYS[1], 'stock', 'head', 'sold', 'ended')
local stock, head, sold = tonumber(meta[1]), tonumber(meta[2]), tonumber(meta[3])
if meta[4] == '1' then return {0, 1} end
local tail = head + redis.call('LLEN', KEYS[2])
local taken = redis.call('LPOP', KEYS[2], ARGV[1]) or {}
local results = {}
for _, entry in ipairs(taken) do
    local quantity = tonumber(entry)
    head = head + 1
    if quantity <= stock then
        stock, sold = stock - quantity, sold + quantity
        results[#results + 1] = head
        results[#results + 1] = quantity
    end
end
local ended = stock == 0 and 1 or 0
if ended == 1 then
    head = tail
    redis.call('UNLINK', KEYS[2])
end
if #taken > 0 or ended == 1 then
    results[#results + 1] = 'head'
    results[#results + 1] = head
    redis.call('HSET', KEYS[3], unpack(results))
    redis.call('HSET', KEYS[1], 'stock', stock, 'head', head, 'sold', sold, 'ended', ended)
end
return {#taken, ended}
