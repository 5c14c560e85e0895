-- short_way.lua: the short way into a queue, for a batch of newcomers who may come in, and of repeats.
--
-- KEYS     those of admit.lua
-- ARGV     those of admit.lua
--
-- It stands between newcomers.lua and common.lua, and leaves any other batch to admit.lua, with nothing written.
-- Most batches of a rush end here, so they do not pay for the functions of common.lua, nor for counters nobody asks of.
--
-- Returns: what admit.lua returns.
-- Cost: O(n). Idempotent: yes, by user and key.

-- What repeats are told, and the places of the newcomers among them. A repeat is known by the key of its user's only
-- purchase; nothing is returned where that is not enough, and admit.lua must look.
local function tell_repeats()
    local places, codes = {}, {}
    entries = {cmsgpack.unpack(ARGV[9])}
    for i = 1, n do
        local records, rest = known[i], string.sub(entries[2 * i], behind_sequence)
        if not records then
            places[#places + 1] = i
        elseif #records == 14 and string.sub(records, 7, 13) == string.sub(rest, 3, 9) then
            codes[i] = (string.sub(records, 5, 6) == string.sub(rest, 1, 2) and '\1' or '\2')
                .. string.sub(records, 1, 6) .. string.sub(records, 14)
        else
            return
        end
    end
    return places, codes
end

do
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
        known = call('HMGET', KEYS[3], cmsgpack.unpack(ARGV[8]))
        local count, places, codes = n, nil, nil
        for i = 1, n do
            if known[i] then count = count - 1 end
        end
        if count < n then places, codes = tell_repeats() end
        if count == n or places then
            local first = tail + 1
            if count == n then take_all_in(tail, now)
            elseif count > 0 then largest = take_in(places, codes, tail, now) end
            if count > 0 then
                version, tail = version + 1, tail + count
                if largest > tonumber(most) then call('HSET', KEYS[1], 'largest', largest) end
                if waiting > 0 then
                    call('HSET', KEYS[1], 'tail', tail, 'version', version)
                else
                    -- The first purchase in an empty queue is news: the scheduler may be asleep. As `commit` tells it.
                    local news, in_doubt, sold, ended_at, redo = unpack(call('HMGET', KEYS[1], 'news', 'in_doubt',
                        'sold', 'ended_at', 'redo'))
                    news = news + 1
                    call('HSET', KEYS[1], 'tail', tail, 'version', version, 'news', news)
                    call('PUBLISH', 'sluice:changed', string.format('D %s %s %d %d %s %d %s %s %s %s %s %s 0 %s\n',
                        string.match(KEYS[1], '{(.*)}'), incarnation, version, news, head, tail, cancelled, free, held,
                        in_doubt, sold, ended_at, redo))
                end
            end
            local all_new = count == n
            return {all_new and 0 or 1, tonumber(version), tonumber(head), tonumber(tail), tonumber(free),
                tonumber(held), all_new and first or table.concat(codes)}
        end
    end
end
