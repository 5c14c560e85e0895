-- short_way.lua: the short way into a queue, for a batch of newcomers who may come in, and of repeats.
--
-- KEYS     those of admit.lua
-- ARGV     those of admit.lua
--
-- It stands between repeats.lua and common.lua, and leaves any other batch to admit.lua, with nothing written.
-- Most batches of a rush end here, so they do not pay for the functions of common.lua, nor for counters nobody asks of.
--
-- Returns: what admit.lua returns.
-- Cost: O(n). Idempotent: yes, by user and key.

-- Whether one of the purchases with these sequences, from `first` to `last`, was cancelled, which is the result 6.
local function is_one_cancelled(sequences, first, last)
    local prefix, at, bytes = string.sub(KEYS[1], 1, -5) .. 'results:', first % 65536, nil
    -- What is close together is read at once: those who press twice came a moment ago.
    if last - first < 64 * #sequences and at + last - first < 65536 then
        bytes = call('GETRANGE', prefix .. math.floor(first / 65536), at, at + last - first)
        if not string.find(bytes, '\6', 1, true) then return false end
    end
    for _, sequence in ipairs(sequences) do
        local place = sequence % 65536
        local byte = bytes and string.sub(bytes, sequence - first + 1, sequence - first + 1)
            or call('GETRANGE', prefix .. math.floor(sequence / 65536), place, place)
        if byte == '\6' then return true end
    end
end

-- What repeats are told, and the places of the newcomers among them; nothing where somebody known has another key, or
-- had none and cancelled: who presses again without a key then buys again.
local function tell_repeats()
    local places, codes, without_key, first, last = {}, {}, {}, LAST, 0
    entries = {cmsgpack.unpack(ARGV[9])}
    for i = 1, n do
        if not known[i] then
            places[#places + 1] = i
        else
            local code, record, is_without_key = replay(known[i], string.sub(entries[2 * i], behind_sequence))
            if not code then return end
            if is_without_key then
                local sequence = struct.unpack('>I4', record)
                if sequence < first then first = sequence end
                if sequence > last then last = sequence end
                without_key[#without_key + 1] = sequence
            end
            codes[i] = answer(code, record)
        end
    end
    if #without_key > 0 and is_one_cancelled(without_key, first, last) then return end
    return places, codes
end

local function short_way()
    local boot, incarnation, frozen, closed, ended, paused, opens_at, closes_at, queue_limit, per_user_units, most,
        version, head, tail, cancelled, free, held = unpack(call('HMGET', KEYS[1], 'boot', 'incarnation', 'frozen',
        'closed', 'ended', 'paused', 'opens_at', 'closes_at', 'queue_limit', 'per_user_units', 'largest', 'version',
        'head', 'tail', 'cancelled', 'free', 'held'))
    local is_open = boot == ARGV[1] and (incarnation == ARGV[2] or ARGV[2] == '') and frozen == '0' and closed == '0'
        and ended == '0' and paused == '0' and now >= tonumber(opens_at)
        and (closes_at == '0' or now < tonumber(closes_at))
    local waiting = is_open and tail - head - cancelled
    local may_come = is_open and waiting + n <= tonumber(queue_limit) and tail + n <= LAST
        and (per_user_units == '0' or largest <= tonumber(per_user_units))
    if not may_come then return end
    known = call('HMGET', KEYS[3], cmsgpack.unpack(ARGV[8]))
    local count, places, codes = n, nil, nil
    for i = 1, n do
        if known[i] then count = count - 1 end
    end
    local all_new, first = count == n, tail + 1
    if not all_new then
        places, codes = tell_repeats()
        if not places then return end
    end
    if all_new then take_all_in(tail) elseif count > 0 then largest = take_in(places, codes, tail) end
    if count > 0 then
        version, tail = version + 1, tail + count
        local is_larger = largest > tonumber(most)
        if waiting > 0 and not is_larger then
            call('HSET', KEYS[1], 'tail', tail, 'version', version)
        else
            -- The first purchase in an empty queue is news: the scheduler may be asleep. So is a quantity larger than
            -- any before: what others tell those who stand behind it may be wrong. As `commit` tells it.
            local news, in_doubt, sold, ended_at, redo = unpack(call('HMGET', KEYS[1], 'news', 'in_doubt', 'sold',
                'ended_at', 'redo'))
            news = news + 1
            call('HSET', KEYS[1], 'tail', tail, 'version', version, 'news', news, 'largest',
                is_larger and largest or most)
            call('PUBLISH', CHANGED, string.format('%s %s %s %d %d %s %d %s %s %s %s %s %s 0 %s\n',
                is_larger and 'C' or 'D', string.match(KEYS[1], '{(.*)}'), incarnation, version, news, head, tail,
                cancelled, free, held, in_doubt, sold, ended_at, redo))
        end
        if is_larger then most = largest end
    end
    return {all_new and 0 or 1, tonumber(version), tonumber(head), tonumber(tail), tonumber(free), tonumber(held),
        all_new and first or table.concat(codes), tonumber(most)}
end

local done = short_way()
if done then return done end
