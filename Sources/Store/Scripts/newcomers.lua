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
            local first = tail + 1
            version, tail = version + 1, tail + n
            call('STRLEN', KEYS[4])  -- fails before the first write when it is no string
            call('RPUSH', KEYS[2], struct.pack('>I4I8', first, now) .. ARGV[4])
            call('APPEND', KEYS[4], ARGV[5])
            local guess = tonumber(ARGV[7])
            if guess == first then
                call('HSET', KEYS[3], cmsgpack.unpack(ARGV[9]))
            else
                local entries = {cmsgpack.unpack(ARGV[9])}
                for i = 1, n do
                    local rest = entries[2 * i]
                    if guess > 0 then rest = string.sub(rest, 5) end
                    entries[2 * i] = struct.pack('>I4c10', first + i - 1, rest)
                end
                call('HSET', KEYS[3], unpack(entries))
            end
            if largest > tonumber(most) then call('HSET', KEYS[1], 'largest', largest) end
            if waiting > 0 then
                call('HSET', KEYS[1], 'tail', tail, 'version', version)
            else
                -- The first purchase in an empty queue is news: the scheduler may be asleep. As `commit` tells it.
                local news, in_doubt, sold, ended_at, redo = unpack(call('HMGET', KEYS[1], 'news', 'in_doubt', 'sold',
                    'ended_at', 'redo'))
                news = news + 1
                call('HSET', KEYS[1], 'tail', tail, 'version', version, 'news', news)
                call('PUBLISH', 'sluice:changed', string.format('D %s %s %d %d %s %d %s %s %s %s %s %s 0 %s\n',
                    string.match(KEYS[1], '{(.*)}'), incarnation, version, news, head, tail, cancelled, free, held,
                    in_doubt, sold, ended_at, redo))
            end
            return {0, version, tonumber(head), tail, tonumber(free), tonumber(held), first}
        end
    end
end
