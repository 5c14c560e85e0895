-- fast_path.lua: the part of admit for a batch of newcomers who are admitted, and of replays.
--
-- For any other batch it writes nothing, and admit.lua takes the full path. Most batches of a rush end here, so they
-- pay neither for the modules of the full path nor for a read of all counters.
--
--- needs: META, QUEUE, USERS, HOLDERS
--- include: batch, records, notification
--- constants: META_KEY, RESULTS_KEY, SEGMENT, RESULT_CANCELLED, LAST_SEQUENCE, SEQUENCE, ALL_NEW, EACH_ANSWERED
--- constants: SETTINGS_CHANGED, COUNTERS_CHANGED, CHUNK_STAMP, NUMBERED_DETAILS, NEAR = 64
--- constants: VERSION_PLACE, NEWS_PLACE, HEAD_PLACE, TAIL_PLACE, CANCELLED_PLACE, FREE_PLACE, HELD_PLACE
--- constants: IN_DOUBT_PLACE, SOLD_PLACE, ENDED_AT_PLACE, ENDED_PLACE, REDO_PLACE
--- shares: fast_path

-- Whether one of the purchases with these sequences, which lie between `first` and `last`, was cancelled. One read of
-- NEAR bytes for each costs less than a call for each.
local function is_one_cancelled(sequences, first, last)
    local prefix, at, bytes = string.sub(META, 1, -#META_KEY - 1) .. RESULTS_KEY, first % SEGMENT, nil
    local cancelled = string.char(RESULT_CANCELLED)
    -- Sequences that are close together are read at once: a buyer who sends twice does so within moments.
    if last - first < NEAR * #sequences and at + last - first < SEGMENT then
        bytes = redis.call('GETRANGE', prefix .. math.floor(first / SEGMENT), at, at + last - first)
        if not string.find(bytes, cancelled, 1, true) then return false end
    end
    for _, sequence in ipairs(sequences) do
        local place = sequence % SEGMENT
        local byte = bytes and string.sub(bytes, sequence - first + 1, sequence - first + 1)
            or redis.call('GETRANGE', prefix .. math.floor(sequence / SEGMENT), place, place)
        if byte == cancelled then return true end
    end
end

-- Returns the places of the newcomers, and the answers to the replays. Returns nothing where a known user has another
-- key, or had none and cancelled: such a user without a key buys again.
local function answer_replays()
    local places, codes, without_key, first, last = {}, {}, {}, LAST_SEQUENCE, 0
    entries = {cmsgpack.unpack(ARGV[9])}
    for i = 1, n do
        if not known[i] then
            places[#places + 1] = i
        else
            local code, record, is_without_key = earlier_purchase(known[i], i)
            if not code then return end
            if is_without_key then
                local sequence = struct.unpack(SEQUENCE, record)
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

-- Appends a batch in which all are newcomers, as the caller packed it.
local function take_all_in(tail)
    redis.call('STRLEN', HOLDERS)
    redis.call('RPUSH', QUEUE, struct.pack(CHUNK_STAMP, tail + 1, now) .. ARGV[4])
    redis.call('APPEND', HOLDERS, ARGV[5])
    if guess == tail + 1 then return redis.call('HSET', USERS, cmsgpack.unpack(ARGV[9])) end
    entries = {cmsgpack.unpack(ARGV[9])}
    for i = 1, n do
        entries[2 * i] = struct.pack(NUMBERED_DETAILS, tail + i, string.sub(entries[2 * i], details_at))
    end
    redis.call('HSET', USERS, unpack(entries))
end

-- Returns the reply of admit.lua; nothing for a batch that needs the full path.
local function fast_path()
    local boot, incarnation, frozen, closed, ended, paused, opens_at, closes_at, queue_limit, per_user_units, most,
        version, head, tail, cancelled, free, held = unpack(redis.call('HMGET', META, 'boot', 'incarnation', 'frozen',
        'closed', 'ended', 'paused', 'opens_at', 'closes_at', 'queue_limit', 'per_user_units', 'largest', 'version',
        'head', 'tail', 'cancelled', 'free', 'held'))
    local is_open = boot == ARGV[1] and (incarnation == ARGV[2] or ARGV[2] == '') and frozen == '0' and closed == '0'
        and ended == '0' and paused == '0' and now >= tonumber(opens_at)
        and (closes_at == '0' or now < tonumber(closes_at))
    local waiting = is_open and tail - head - cancelled
    local may_come = is_open and waiting + n <= tonumber(queue_limit) and tail + n <= LAST_SEQUENCE
        and (per_user_units == '0' or largest <= tonumber(per_user_units))
    if not may_come then return end
    known = redis.call('HMGET', USERS, cmsgpack.unpack(ARGV[8]))
    local count, places, codes = n, nil, nil
    for i = 1, n do
        if known[i] then count = count - 1 end
    end
    local all_new, first = count == n, tail + 1
    if not all_new then
        places, codes = answer_replays()
        if not places then return end
    end
    if all_new then take_all_in(tail) elseif count > 0 then largest = take_in(places, codes, tail) end
    if count > 0 then
        version, tail = version + 1, tail + count
        local is_larger = largest > tonumber(most)
        if is_larger then most = largest end
        if waiting > 0 and not is_larger then
            redis.call('HSET', META, 'tail', tail, 'version', version)
        else
            -- The first purchase in an empty queue needs a notification, since the scheduler may be idle; and so does a
            -- quantity larger than any before, since other processes answer buyers behind it from memory.
            local notification, in_doubt, sold, ended_at, redo = unpack(redis.call('HMGET', META, 'news', 'in_doubt',
                'sold', 'ended_at', 'redo'))
            notification = notification + 1
            redis.call('HSET', META, 'tail', tail, 'version', version, 'news', notification, 'largest', most)
            local counters = {[VERSION_PLACE] = version, [NEWS_PLACE] = notification, [HEAD_PLACE] = head,
                [TAIL_PLACE] = tail, [CANCELLED_PLACE] = cancelled, [FREE_PLACE] = free, [HELD_PLACE] = held,
                [IN_DOUBT_PLACE] = in_doubt, [SOLD_PLACE] = sold, [ENDED_AT_PLACE] = ended_at,
                [ENDED_PLACE] = ended, [REDO_PLACE] = redo}
            notify(is_larger and SETTINGS_CHANGED or COUNTERS_CHANGED, incarnation, counters, '')
        end
    end
    return {all_new and ALL_NEW or EACH_ANSWERED, tonumber(version), tonumber(head), tonumber(tail), tonumber(free),
        tonumber(held), all_new and first or table.concat(codes), tonumber(most)}
end
