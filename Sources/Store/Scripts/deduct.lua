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
-- KEYS[9]  workers SET   workers that may hold purchases of the item              sluice:{item}:workers
-- KEYS[10...12] reserved, holds, fresh: see holds.lua; without a sink winners that are to be paid are kept there
-- ARGV[3]  n       winners at most, 1...256
-- ARGV[4]  scan    purchases examined at most, 1...1024
-- ARGV[5]  sink    1 where an order must be placed first (processing), 0 where a winner is sold or reserved at once
-- ARGV[6...8]  see retake.lua
--
-- Returns: {stop, counters..., winners, flight, suspects, incarnation, life}; stop: STOP_LIMIT_REACHED (n or scan used
--         up), STOP_QUEUE_EMPTY, STOP_HEAD_WAITS (for units that may come back), STOP_ITEM_HALTED (paused, on hold or
--         frozen), STOP_ITEM_ENDED, STOP_NEEDS_IDLE_WORKER (the next purchase needs a worker that holds nothing else).
--         flight: sequence, record, … of what was taken (sink 1). suspects: 1 where they must stay apart.
-- Cost: O(winners + examined); 0.3 us a purchase of quantity 1 without a sink. Idempotent: no; `recall` repairs a lost
--         reply.
--- constants: STOP_LIMIT_REACHED, STOP_QUEUE_EMPTY, STOP_HEAD_WAITS, STOP_ITEM_HALTED, STOP_ITEM_ENDED
--- constants: STOP_NEEDS_IDLE_WORKER, MOVED_SOLD, MOVED_TAKEN, RESULT_NONE, RESULT_SOLD, RESULT_PROCESSING
--- constants: RESULT_RESERVED, RESULT_INSUFFICIENT, COUNTERS_CHANGED, QUANTITY, QUANTITY_LENGTH, DIGEST_LENGTH
--- constants: FLIGHT_RECORD, TAKEN_KEY

local META, QUEUE, FLIGHT, REDO, SPARE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local LEDGER, LOSSES, WORKERS, RESERVED, HOLDS, FRESH = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]
--- include: item, check, results, ledger, holds, chunk, commit, worker

local refused, life = open_item(ARGV[1], ARGV[2], 'life', 'frozen', 'paused', 'holding', 'on_sold_out_close',
    'pay_window', 'pay_spread')
if refused then return refused end
life = life or ARGV[1]
local n, scan, has_sink = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1'
if meta.frozen == 1 or meta.paused == 1 or meta.holding == 1 then
    return reply(STOP_ITEM_HALTED, 0, {}, 0, meta.incarnation, life)
end

-- What becomes of a winner; `keeps_records` where its record is needed afterwards.
local reserves = not has_sink and is_paid_later()
local keeps_records = has_sink or reserves
local result = has_sink and RESULT_PROCESSING or (reserves and RESULT_RESERVED or RESULT_SOLD)

-- Checks what this call may write. The queue needs a check only before a retake, which writes before the queue is read.
check('XLEN', LEDGER)
if reserves then check('HLEN', RESERVED, 'ZCARD', HOLDS, 'LLEN', FRESH) end
local is_first = has_sink and redis.call('HLEN', FLIGHT) == 0
if meta.redo > 0 then check('LLEN', QUEUE, 'ZCARD', REDO, 'HLEN', SPARE) end
check_results(meta.head + 1, math.min(meta.tail, meta.head + meta.cancelled + scan))
-- The first write, which does no harm alone: a worker on the list may hold nothing.
if is_first and (meta.redo > 0 or meta.free > 0 and meta.tail - meta.head > meta.cancelled) then
    redis.call('SADD', WORKERS, worker)
end

local winners, examined, flight, stop, before = 0, 0, {}, STOP_LIMIT_REACHED, meta.head

-- Lets `count` purchases of the same quantity win, from sequence `first` on.
local function win(first, count, quantity)
    local units = count * quantity
    meta.free, winners = meta.free - units, winners + count
    if keeps_records then meta.held = meta.held + units else meta.sold = meta.sold + units end
    decide(first, count, result)
    move(keeps_records and MOVED_TAKEN or MOVED_SOLD, 1, quantity, first, count)
end

-- Takes from the first chunk of the queue. Returns whether it is used up.
local function take_from(chunk)
    local first, time, count, quantities, digests, cursor = open_chunk(chunk)
    if first > meta.head + 1 then  -- sequences that a rollback lost lie between, counted as cancelled
        meta.cancelled, meta.head = meta.cancelled - (first - 1 - meta.head), first - 1
    end
    local at, last = meta.head - first + 1, first + count - 1
    local span = math.min(count - at, n - winners, scan - examined)
    if not quantities and not keeps_records and meta.cancelled == 0 then
        span = math.min(span, meta.free)
        win(meta.head + 1, span, 1)
        meta.head, examined = meta.head + span, examined + span
        return meta.head == last
    end
    span = math.min(count - at, scan - examined)
    if keeps_records then
        for _ = 1, at do cursor = cursor + 1 + string.byte(chunk, cursor) end
    end
    local no_digest = string.rep('\0', DIGEST_LENGTH)
    local results = meta.cancelled > 0 and result_bytes(meta.head + 1, span)
    for i = 1, span do
        local sequence, index, user_length = meta.head + 1, at + i - 1, keeps_records and string.byte(chunk, cursor)
        local quantity = quantities and struct.unpack(QUANTITY, chunk, quantities + QUANTITY_LENGTH * index) or 1
        local left = results and string.byte(results, i) or RESULT_NONE
        if left ~= RESULT_NONE then
            meta.cancelled = meta.cancelled - 1
        elseif winners >= n or meta.free == 0 then
            return false
        elseif quantity <= meta.free then
            win(sequence, 1, quantity)
            if keeps_records then
                local start = digests and digests + DIGEST_LENGTH * index
                local digest = start and string.sub(chunk, start, start + DIGEST_LENGTH - 1) or no_digest
                local user = string.sub(chunk, cursor + 1, cursor + user_length)
                flight[#flight + 1] = string.format('%d', sequence)
                flight[#flight + 1] = struct.pack(FLIGHT_RECORD, 1, quantity, time) .. digest .. user
            end
        elseif meta.on_sold_out_close == 0 and quantity <= meta.free + meta.held - meta.in_doubt then
            stop = STOP_HEAD_WAITS
            return false
        else
            decide(sequence, 1, RESULT_INSUFFICIENT)
        end
        meta.head, examined = sequence, examined + 1
        if keeps_records then cursor = cursor + 1 + user_length end
    end
    return meta.head == last
end

local is_apart = false
if meta.redo > 0 then
    --- include: retake
    winners, is_apart = retake(n, has_sink, flight)
    if winners == 0 then stop = STOP_NEEDS_IDLE_WORKER end
end
while meta.redo == 0 and not is_apart and stop == STOP_LIMIT_REACHED and winners < n and examined < scan
    and meta.free > 0 do
    local chunk = redis.call('LINDEX', QUEUE, 0)
    if not chunk then break end
    if not take_from(chunk) then break end
    -- Kept for the books, which stop no sale: where it can't be, it is dropped.
    if redis.pcall('LMOVE', QUEUE, prefix .. TAKEN_KEY, 'LEFT', 'RIGHT').err then redis.call('LPOP', QUEUE) end
end
if has_sink and #flight > 0 then redis.call('HSET', FLIGHT, unpack(flight)) end
if reserves then
    for at = 1, #flight, 2 do reserve(flight[at], flight[at + 1]) end
    write_reserved()
end
local was_ended = meta.ended
end_if_done(meta.on_sold_out_close == 1)
if winners > 0 or meta.head > before or meta.ended ~= was_ended then commit(COUNTERS_CHANGED) end
if meta.ended == 1 and meta.redo == 0 then stop = STOP_ITEM_ENDED
elseif meta.tail - meta.head - meta.cancelled == 0 and meta.redo == 0 then stop = STOP_QUEUE_EMPTY
elseif meta.free == 0 and meta.redo == 0 then stop = STOP_HEAD_WAITS end
return reply(stop, winners, has_sink and flight or {}, is_apart and winners > 0 and 1 or 0, meta.incarnation, life)
