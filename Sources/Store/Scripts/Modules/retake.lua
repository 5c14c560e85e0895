-- retake.lua: the part of deduct that takes what lost workers held.
--
-- A suspect is a purchase that may have ended its workers. With each further loss, FEWER times fewer suspects are
-- handed out together. ARGV are those of deduct.lua:
-- ARGV[6]  alone    1 where the calling worker holds nothing else, and takes nothing else while it holds these
-- ARGV[7]  most     lost workers after which a purchase is in doubt
-- ARGV[8]  suspect  lost workers after which it is a suspect: for a worker that holds nothing else, few at a time
--
--- needs: REDO, SPARE, LOSSES
--- include: item, results, ledger, attempts, holds
--- constants: RESULT_SOLD, RESULT_RESERVED, MOVED_CONFIRMED, FLIGHT_HEAD, FEWER = 4
--- shares: retake

-- How many of these may be taken together, oldest first, and whether they are suspects; `losses` are the workers that
-- each has lost. Suspects are handed out in groups of 16, then 4, then 1: so the last worker is lost to the purchase
-- that it held alone, and never to one that was beside it.
local function group(losses, n)
    local most, suspect = tonumber(ARGV[7]), tonumber(ARGV[8])
    local size, is_suspect = n, tonumber(losses[1] or 0) >= suspect
    if is_suspect and ARGV[6] ~= '1' then return 0, true end
    for i = 1, #losses do
        local lost = tonumber(losses[i] or 0)
        if (lost >= suspect) ~= is_suspect then return i - 1, is_suspect end
        if is_suspect then size = math.min(size, math.max(1, FEWER ^ (most - 1 - lost))) end
        if i > size then return i - 1, is_suspect end
    end
    return #losses, is_suspect
end

-- Takes up to n, and appends their records to `flight` where there is a sink, or where they are to be paid. Returns how
-- many it took, and whether they, or the next ones, must stay apart. Costs O(n).
local function retake(n, has_sink, flight)
    local members = redis.call('ZRANGE', REDO, 0, n - 1)
    local records = redis.call('HMGET', SPARE, unpack(members))
    local count, is_suspect = #members, false
    if has_sink then count, is_suspect = group(redis.call('HMGET', LOSSES, unpack(members)), n) end
    if count == 0 then return 0, true end
    members = {unpack(members, 1, count)}
    for _, member in ipairs(members) do check_results(member, member) end
    redis.call('ZREM', REDO, unpack(members))
    redis.call('HDEL', SPARE, unpack(members))
    for i, member in ipairs(members) do
        local sequence, attempt, quantity = tonumber(member), struct.unpack(FLIGHT_HEAD, records[i])
        attempt = next_attempt(attempt)
        local record = with_attempt(attempt, records[i])
        if has_sink or is_paid_later() then
            flight[#flight + 1], flight[#flight + 2] = member, record
            if not has_sink then decide(sequence, 1, RESULT_RESERVED) end
        else
            meta.held, meta.sold = meta.held - quantity, meta.sold + quantity
            decide(sequence, 1, RESULT_SOLD)
            move(MOVED_CONFIRMED, attempt, quantity, sequence, 1)
        end
    end
    meta.redo = meta.redo - count
    return count, is_suspect
end
