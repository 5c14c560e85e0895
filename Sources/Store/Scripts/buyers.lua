-- buyers.lua: find who made purchases, and how many units each is of.
--
-- KEYS[1]  meta   HASH  sluice:{item}:meta
-- KEYS[2]  queue  LIST  chunks, oldest first                                        sluice:{item}:queue
-- KEYS[3]  taken  LIST  those that are used up                                      sluice:{item}:taken
-- KEYS[4]  past   ZSET  first sequences of the lists past:<first>, of earlier times  sluice:{item}:past
-- ARGV[1]  incarnation that is meant
-- ARGV[FIRST...]  sequences in ascending order, at most 512
--
-- Returns: {DONE, users, quantities}: packed, '' where it is not known any more, and units, 0 likewise; of as many of
--          the sequences, from the first on, as SEARCHES searches have found.
-- Cost: O(sequences), and a search for each that is far from the one before. Idempotent: yes, it only reads.
--- constants: DONE, NO_SUCH_ITEM, OTHER_INCARNATION, SEARCHES = 32, FIRST = 2

local META, QUEUE, TAKEN, PAST = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
--- include: book

local incarnation = redis.call('HGET', META, 'incarnation')
if not incarnation then return {NO_SUCH_ITEM} end
if ARGV[1] ~= incarnation then return {OTHER_INCARNATION} end

local users, quantities = {}, {}
for at = FIRST, #ARGV do
    if searches() >= SEARCHES then break end
    local user, quantity = find_purchase(tonumber(ARGV[at]))
    users[#users + 1], quantities[#quantities + 1] = user or '', quantity or 0
end
return {DONE, users, quantities}
