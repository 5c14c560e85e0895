-- deduct.lua: take up to n winners from the head of an item's queue, and their units from stock, in one step.
--
-- KEYS[1]  meta    HASH  sluice:{item}:meta
-- KEYS[2]  queue   LIST  chunks, oldest first                                    sluice:{item}:queue
-- KEYS[3]  flight  HASH  sequence -> attempt and purchase, of the calling worker sluice:{item}:flight:{worker}
-- KEYS[4]  redo    ZSET  sequences whose worker was lost, served first           sluice:{item}:redo
-- KEYS[5]  spare   HASH  their flight records                                    sluice:{item}:flight:redo
-- KEYS[6]  results STRING segment 0; the others are named alike                  sluice:{item}:results:0
-- KEYS[7]  ledger  STREAM                                                        sluice:{item}:ledger
-- KEYS[8]  losses  HASH  sequence -> workers that were lost while they held it   sluice:{item}:losses
-- KEYS[9]  workers SET   who may hold something of the item                      sluice:{item}:workers
-- ARGV[3]  n       winners at most, 1...256
-- ARGV[4]  look    purchases looked at, at most, 1...1024
-- ARGV[5]  sink    1 where an order must be placed first (processing), 0 where a winner is sold at once
-- ARGV[6...8]  see retake.lua
--
-- Returns: {stop, counters..., winners, flight, suspects, incarnation, life}; stop: 0 allowance or look used up, 1
--         nobody waits, 2 the head waits for units that may come back, 3 paused, on hold or frozen, 4 ended, 5 what
--         is next wants a worker that holds nothing else. flight: sequence, record, … of what was taken (sink 1).
--         suspects: 1 where they must stay apart.
-- Cost: O(winners + looked); 0.3 us a purchase of quantity 1 without a sink. Idempotent: no; `recall` repairs a lost
--         reply.

local refused = open_item('frozen', 'paused', 'holding', 'on_sold_out_close', 'life')
if refused then return refused end
local n, look, has_sink = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1'
if meta.frozen == 1 or meta.paused == 1 or meta.holding == 1 then
    return reply(3, 0, {}, 0, meta.incarnation, stored.life or ARGV[1])
end

-- Only what this call may write; the chunks are read before anything is written where nothing was taken back.
check('XLEN', KEYS[7])
local is_first = has_sink and redis.call('HLEN', KEYS[3]) == 0
if meta.redo > 0 then check('LLEN', KEYS[2], 'ZCARD', KEYS[4], 'HLEN', KEYS[5]) end
check_results(meta.head + 1, math.min(meta.tail, meta.head + meta.cancelled + look))
-- The first write, which does no harm alone: a name too many is looked at and found to hold nothing.
if is_first and (meta.redo > 0 or meta.free > 0 and meta.tail - meta.head > meta.cancelled) then
    redis.call('SADD', KEYS[9], worker_of(KEYS[3]))
end

local winners, looked, flight, stop = 0, 0, {}, 0
local before = meta.head

-- Takes `count` purchases of the same quantity from sequence `first` on.
local function win(first, count, quantity)
    local units = count * quantity
    meta.free, winners = meta.free - units, winners + count
    if has_sink then meta.held = meta.held + units else meta.sold = meta.sold + units end
    decide(first, count, has_sink and PROCESSING or SOLD)
    move(has_sink and M_TAKEN or M_SOLD, 1, quantity, first, count)
end

local function take_from(chunk)
    local first, time, flags, count = struct.unpack('>I4I8BI2', chunk)
    if first > meta.head + 1 then  -- a lost range lies between: it was counted as cancelled
        meta.cancelled, meta.head = meta.cancelled - (first - 1 - meta.head), first - 1
    end
    local at, last = meta.head - first + 1, first + count - 1
    local span = math.min(count - at, n - winners, look - looked)
    if flags % 2 == 0 and not has_sink and meta.cancelled == 0 then
        span = math.min(span, meta.free)
        win(meta.head + 1, span, 1)
        meta.head, looked = meta.head + span, looked + span
        return meta.head == last
    end
    span = math.min(count - at, look - looked)
    local quantities, digests = 16, 16
    if flags % 2 == 1 then digests = digests + 2 * count end
    local cursor = digests
    if flags >= 2 then cursor = cursor + 7 * count end
    if has_sink then
        for _ = 1, at do cursor = cursor + 1 + string.byte(chunk, cursor) end
    end
    local marks = meta.cancelled > 0 and result_bytes(meta.head + 1, span)
    for i = 1, span do
        local sequence, index, user_length = meta.head + 1, at + i - 1, has_sink and string.byte(chunk, cursor)
        local quantity = flags % 2 == 1 and struct.unpack('>I2', chunk, quantities + 2 * index) or 1
        local mark = marks and string.byte(marks, i) or 0
        if mark ~= 0 then
            meta.cancelled = meta.cancelled - 1
        elseif winners >= n or meta.free == 0 then
            return false
        elseif quantity <= meta.free then
            win(sequence, 1, quantity)
            if has_sink then
                local digest = string.rep('\0', 7)
                if flags >= 2 then digest = string.sub(chunk, digests + 7 * index, digests + 7 * index + 6) end
                local user = string.sub(chunk, cursor + 1, cursor + user_length)
                flight[#flight + 1] = string.format('%d', sequence)
                flight[#flight + 1] = struct.pack('>BI2I8', 1, quantity, time) .. digest .. user
            end
        elseif meta.on_sold_out_close == 0 and quantity <= meta.free + meta.held - meta.in_doubt then
            stop = 2
            return false
        else
            decide(sequence, 1, INSUFFICIENT)
        end
        meta.head, looked = sequence, looked + 1
        if has_sink then cursor = cursor + 1 + user_length end
    end
    return meta.head == last
end

local is_apart = false
if meta.redo > 0 then
    winners, is_apart = retake(n, has_sink, flight)
    if winners == 0 then stop = 5 end
end
while meta.redo == 0 and not is_apart and stop == 0 and winners < n and looked < look and meta.free > 0 do
    local chunk = redis.call('LINDEX', KEYS[2], 0)
    if not chunk then break end
    if not take_from(chunk) then break end
    redis.call('LPOP', KEYS[2])
end
if #flight > 0 then redis.call('HSET', KEYS[3], unpack(flight)) end
local was_ended = meta.ended
end_if_done(meta.on_sold_out_close == 1)
if winners > 0 or meta.head > before or meta.ended ~= was_ended then commit('D') end
if meta.ended == 1 and meta.redo == 0 then stop = 4
elseif meta.tail - meta.head - meta.cancelled == 0 and meta.redo == 0 then stop = 1
elseif meta.free == 0 and meta.redo == 0 then stop = 2 end
return reply(stop, winners, flight, is_apart and winners > 0 and 1 or 0, meta.incarnation,
    stored.life or ARGV[1])
