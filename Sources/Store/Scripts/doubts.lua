-- doubts.lua: read a slice of the purchases in doubt, in order of sequence.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  results   STRING  segment 0; the others are named alike                 sluice:{item}:results:0
-- KEYS[3]  unanswered  HASH  records that the sink never answered for              sluice:{item}:flight:silent
-- KEYS[4]  poisoned  HASH    records whose workers were lost again and again       sluice:{item}:flight:doubt
-- KEYS[5]  losses    HASH    sequence -> workers that were lost while they held it  sluice:{item}:losses
-- ARGV[3]  after     the last sequence of the slice before; 0 begins
-- ARGV[4]  limit     purchases to read, 1...256
--
-- Returns: {DONE, counters..., examined, found}: the last sequence that was examined; four values a purchase:
--          sequence, record, 1 where the sink never answered for it, else 0, and how many workers were lost.
-- Cost: O(limit), and a search through the results of SEGMENT sequences at most. Idempotent: yes, it only reads.
--- constants: DONE, RESULT_IN_DOUBT, SEGMENT

local META, UNANSWERED, POISONED, LOSSES = KEYS[1], KEYS[3], KEYS[4], KEYS[5]
--- include: item, results

local refused = open_item(ARGV[1], ARGV[2])
if refused then return refused end
local after, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
local examined = math.min(after + SEGMENT, meta.tail)
local bytes = examined > after and result_bytes(after + 1, examined - after) or ''
local wanted, sequences = string.char(RESULT_IN_DOUBT), {}
local at = string.find(bytes, wanted, 1, true)
while at do
    sequences[#sequences + 1] = after + at
    if #sequences == limit then
        examined = after + at
        break
    end
    at = string.find(bytes, wanted, at + 1, true)
end

local found = {}
if #sequences > 0 then
    local unanswered = redis.call('HMGET', UNANSWERED, unpack(sequences))
    local poisoned = redis.call('HMGET', POISONED, unpack(sequences))
    local losses = redis.call('HMGET', LOSSES, unpack(sequences))
    for index, sequence in ipairs(sequences) do
        local record = unanswered[index] or poisoned[index]
        if record then
            for _, value in ipairs({sequence, record, unanswered[index] and 1 or 0, tonumber(losses[index] or 0)}) do
                found[#found + 1] = value
            end
        end
    end
end
return reply(DONE, math.max(examined, after), found)
