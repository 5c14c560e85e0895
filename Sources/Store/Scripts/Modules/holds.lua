-- holds.lua: units that are kept for purchases until they are paid.
--
-- A purchase that won is reserved where the item has a pay window: its record goes to RESERVED, its deadline (ms) to
-- HOLDS, and its sequence with its time to pay (ms) to FRESH, for the leader to check the deadline by its own clock.
--
--- needs: RESERVED, HOLDS, FRESH
--- include: item, clock, results, ledger
--- constants: FLIGHT_HEAD, MOVED_RESERVED, SPREAD_STEP = 617
--- shares: is_paid_later, reserve, write_reserved, end_hold

-- Whether winners pay later. The caller reads pay_window and pay_spread, which items of older builds have not.
local function is_paid_later() return (meta.pay_window or 0) > 0 end

local reserved, deadlines, fresh, now_reserved = {}, {}, {}, nil

-- Keeps the units of a purchase, of which this is the record. Deadlines are spread by the sequence, so that payments do
-- not arrive in one wave.
local function reserve(field, record)
    now_reserved = now_reserved or clock()
    local share = tonumber(field) * SPREAD_STEP % 1000 / 1000
    local time = meta.pay_window + math.floor((meta.pay_spread or 0) * share)
    reserved[#reserved + 1], reserved[#reserved + 2] = field, record
    deadlines[#deadlines + 1], deadlines[#deadlines + 2] = string.format('%d', now_reserved + time), field
    fresh[#fresh + 1], fresh[#fresh + 2] = field, time
end

local function write_reserved()
    if #reserved == 0 then return end
    redis.call('HSET', RESERVED, unpack(reserved))
    redis.call('ZADD', HOLDS, unpack(deadlines))
    redis.call('RPUSH', FRESH, unpack(fresh))
    for at = 1, #reserved, 2 do
        local attempt, quantity = struct.unpack(FLIGHT_HEAD, reserved[at + 1])
        move(MOVED_RESERVED, attempt, quantity, tonumber(reserved[at]), 1)
    end
end

-- Ends the hold of a purchase with this result. Returns its attempt and its units, which the caller gives to a buyer
-- or back.
local function end_hold(field, record, byte)
    redis.call('HDEL', RESERVED, field)
    redis.call('ZREM', HOLDS, field)
    decide(tonumber(field), 1, byte)
    return struct.unpack(FLIGHT_HEAD, record)
end
