-- newcomers.lua: the short way into a queue, for a batch in which everybody is new and may come in.
--
-- KEYS     those of admit.lua
-- ARGV     those of admit.lua
--
-- It stands before common.lua and admit.lua in one script, and leaves any other batch to them, with nothing written.
-- Most batches of a rush end here, so they do not pay for the functions of common.lua, nor for counters nobody asks of.
--
-- Returns: what admit.lua returns.
-- Cost: O(n). Idempotent: yes, with admit.lua, which knows the user of a repeat.

local first_new  -- set where the batch is in the queue and only the counters are behind: its first sequence
do
    local n, largest, call = tonumber(ARGV[3]), tonumber(ARGV[6]), redis.call
    local boot, incarnation, frozen, closed, ended, paused, opens_at, closes_at, queue_limit, per_user_units, most,
        version, head, tail, cancelled, free, held = unpack(call('HMGET', KEYS[1], 'boot', 'incarnation', 'frozen',
        'closed', 'ended', 'paused', 'opens_at', 'closes_at', 'queue_limit', 'per_user_units', 'largest', 'version',
        'head', 'tail', 'cancelled', 'free', 'held'))
    local time = call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local is_open = boot == ARGV[1] and (incarnation == ARGV[2] or ARGV[2] == '') and frozen == '0' and closed == '0'
        and ended == '0' and paused == '0' and now >= tonumber(opens_at)
        and (closes_at == '0' or now < tonumber(closes_at))
    local waiting = is_open and tail - head - cancelled
    if is_open and waiting + n <= tonumber(queue_limit)
        and (per_user_units == '0' or largest <= tonumber(per_user_units)) then
        local known = call('HMGET', KEYS[3], cmsgpack.unpack(ARGV[8]))
        local is_plain = true
        for i = 1, n do
            if known[i] then is_plain = false; break end
        end
        if is_plain then
            first_new, tail = tail + 1, tail + n
            call('STRLEN', KEYS[4])  -- fails before the first write when it is no string
            call('RPUSH', KEYS[2], struct.pack('>I4I8', first_new, now) .. ARGV[4])
            call('APPEND', KEYS[4], ARGV[5])
            if tonumber(ARGV[7]) == first_new then
                call('HSET', KEYS[3], cmsgpack.unpack(ARGV[9]))
            else
                local entries = {cmsgpack.unpack(ARGV[9])}
                for i = 1, n do
                    entries[2 * i] = struct.pack('>I4', first_new + i - 1) .. string.sub(entries[2 * i], 5)
                end
                call('HSET', KEYS[3], unpack(entries))
            end
            if waiting > 0 and largest <= tonumber(most) then
                call('HSET', KEYS[1], 'tail', tail, 'version', version + 1)
                return {0, version + 1, tonumber(head), tail, tonumber(free), tonumber(held), first_new}
            end
        end
    end
end
