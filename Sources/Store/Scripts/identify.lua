-- identify.lua: what a worker needs to write the tickets of purchases it holds.
--
-- KEYS[1]  meta   HASH  sluice:{item}:meta
-- KEYS[2]  users  HASH  user -> 14-byte records  sluice:{item}:users
-- ARGV[3...]      pairs of sequence and user, at most 256
--
-- Returns: {0, incarnation, salt, found}: two bytes a pair: 1 and the id of the key that signed the ticket, or 0, 0
--          where the user has no such purchase.
-- Cost: O(pairs). Idempotent: yes, it only reads.

local refused = open_item()
if refused then return refused end

local found = {}
for at = 3, #ARGV, 2 do
    local records, wanted = redis.call('HGET', KEYS[2], ARGV[at + 1]) or '', struct.pack('>I4', tonumber(ARGV[at]))
    local pair = '\0\0'
    for first = 1, #records, 14 do
        if string.sub(records, first, first + 3) == wanted then
            pair = '\1' .. string.sub(records, first + 13, first + 13)
        end
    end
    found[#found + 1] = pair
end
return {0, meta.incarnation, redis.call('HGET', KEYS[1], 'salt'), table.concat(found)}
