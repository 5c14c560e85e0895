-- identify.lua: read what a worker needs to write the tickets of purchases that it holds.
--
-- KEYS[1]  meta   HASH  sluice:{item}:meta
-- KEYS[2]  users  HASH  user -> 14-byte records  sluice:{item}:users
-- ARGV[FIRST...]  pairs of sequence and user, at most 256
--
-- Returns: {DONE, incarnation, salt, found}: two bytes a pair: 1 and the id of the key that signed the ticket, or 0, 0
--          where the user has no such purchase.
-- Cost: O(pairs). Idempotent: yes, it only reads.
--- constants: DONE, RECORD_LENGTH, SEQUENCE, SEQUENCE_LENGTH, FIRST = 3

local META, USERS = KEYS[1], KEYS[2]
--- include: item

local refused = open_item(ARGV[1], ARGV[2])
if refused then return refused end

local found = {}
for at = FIRST, #ARGV, 2 do
    local records, wanted = redis.call('HGET', USERS, ARGV[at + 1]) or '', struct.pack(SEQUENCE, tonumber(ARGV[at]))
    local pair = '\0\0'
    for first = 1, #records, RECORD_LENGTH do
        if string.sub(records, first, first + SEQUENCE_LENGTH - 1) == wanted then
            local last = first + RECORD_LENGTH - 1
            pair = '\1' .. string.sub(records, last, last)
        end
    end
    found[#found + 1] = pair
end
return {DONE, meta.incarnation, redis.call('HGET', META, 'salt'), table.concat(found)}
