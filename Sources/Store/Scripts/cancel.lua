-- cancel.lua: a buyer leaves the queue.
--
-- KEYS[1]  meta     HASH    sluice:{item}:meta
-- KEYS[2]  results  STRING  segment 0; the others are named alike  sluice:{item}:results:0
-- ARGV[3]  sequence
--
-- Returns: {code, counters...}: 0 cancelled now or before, 1 in progress, 2 already final, 3 no such sequence.
-- Cost: O(1). Idempotent: yes.

local refused = open_item('skips')
if refused then return refused end

local sequence = tonumber(ARGV[3])
for first, count in string.gmatch(stored.skips or '', '(%d+):(%d+)') do
    if sequence >= tonumber(first) and sequence < first + count then return reply(3) end
end
local byte = string.byte(result_bytes(sequence, 1))
if byte == CANCELLED then return reply(0) end
if byte == PROCESSING or byte == IN_DOUBT or byte == RESERVED then return reply(1) end
if byte == LOST or (byte == 0 and sequence > meta.tail) then return reply(3) end
if byte ~= 0 or sequence <= meta.ended_at then return reply(2) end
decide(sequence, 1, CANCELLED)
meta.cancelled = meta.cancelled + 1
commit('D')
return reply(0)
