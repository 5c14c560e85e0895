-- cancel.lua: a buyer leaves the queue.
--
-- KEYS[1]  meta     HASH    sluice:{item}:meta
-- KEYS[2]  results  STRING  segment 0; the others are named alike  sluice:{item}:results:0
-- ARGV[3]  sequence
--
-- Returns: {code, counters...}: CANCEL_DONE by this call or an earlier one, CANCEL_IN_PROGRESS, CANCEL_ALREADY_FINAL,
--          CANCEL_NO_SUCH_SEQUENCE.
-- Cost: O(1). Idempotent: yes.
--- constants: CANCEL_DONE, CANCEL_IN_PROGRESS, CANCEL_ALREADY_FINAL, CANCEL_NO_SUCH_SEQUENCE, COUNTERS_CHANGED
--- constants: RESULT_NONE, RESULT_PROCESSING, RESULT_RESERVED, RESULT_CANCELLED, RESULT_IN_DOUBT, RESULT_LOST

local META = KEYS[1]
--- include: item, results, commit

local refused, skips = open_item(ARGV[1], ARGV[2], 'skips')
if refused then return refused end

local sequence = tonumber(ARGV[3])
for first, count in string.gmatch(skips or '', '(%d+):(%d+)') do
    if sequence >= tonumber(first) and sequence < first + count then return reply(CANCEL_NO_SUCH_SEQUENCE) end
end
local byte = result_byte(sequence)
if byte == RESULT_CANCELLED then return reply(CANCEL_DONE) end
if byte == RESULT_PROCESSING or byte == RESULT_IN_DOUBT or byte == RESULT_RESERVED then
    return reply(CANCEL_IN_PROGRESS)
end
local is_given = byte ~= RESULT_LOST and (byte ~= RESULT_NONE or sequence <= meta.tail)
if not is_given then return reply(CANCEL_NO_SUCH_SEQUENCE) end
if byte ~= RESULT_NONE or sequence <= meta.ended_at then return reply(CANCEL_ALREADY_FINAL) end
decide(sequence, 1, RESULT_CANCELLED)
meta.cancelled = meta.cancelled + 1
commit(COUNTERS_CHANGED)
return reply(CANCEL_DONE)
