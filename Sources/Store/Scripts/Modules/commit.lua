-- commit.lua: write an item's changed counters, results and movements, and publish a notification.
--
-- A call writes at most one entry into the ledger.
--
--- needs: META
--- include: item, results, ledger, notification
--- constants: QUEUE_KEY, TAKEN_KEY, PAST_KEY, PAST_CHUNKS_KEY, LEDGER_KEY, LEDGER_VERSION, LEDGER_MOVEMENTS, SEQUENCE
--- constants: ENDED_PLACE, MOVED_SOLD_OUT, MOVED_REOPENED
--- shares: close_queue, end_if_done, commit

-- Keeps the chunks of purchases that were taken, and of those that wait no more, for the books: each list gets a name
-- of its own, with its first sequence. The books stop no sale: where a key is no list, or not that of an index, its
-- chunks are dropped.
local function close_queue()
    for _, name in ipairs({TAKEN_KEY, QUEUE_KEY}) do
        local key = prefix .. name
        local chunk = redis.pcall('LINDEX', key, 0)
        local first = chunk and not chunk.err and struct.unpack(SEQUENCE, chunk)
        local is_noted = first and tonumber(redis.pcall('ZADD', prefix .. PAST_KEY, first, first))
        if is_noted then redis.call('RENAME', key, prefix .. PAST_CHUNKS_KEY .. first)
        elseif chunk then redis.call('UNLINK', key) end
    end
end

-- Ends the item when no unit is left and none can come back: the watermark `ended_at` ends all purchases that wait.
local function end_if_done(closes)
    if meta.ended == 1 or meta.free > 0 or (not closes and meta.held > meta.in_doubt) then return end
    meta.ended, meta.ended_at, meta.head, meta.cancelled = 1, meta.tail, meta.tail, 0
    close_queue()
end

-- Writes results, counters (the version is one up) and movements, and publishes a notification of this kind. That the
-- item ended by this call, or opened again, is a movement too; a new item has neither behind it.
local function commit(kind)
    local had_ended = tonumber(read[ENDED_PLACE])
    if had_ended and had_ended ~= meta.ended then
        move(meta.ended == 1 and MOVED_SOLD_OUT or MOVED_REOPENED, 0, 0, 0, 1)
    end
    write_decided()
    flush_moved()
    meta.version, meta.news = meta.version + 1, meta.news + 1
    local changed, texts = {}, {}
    for i, name in ipairs(counter_names) do
        local text, number = read[i], meta[name]
        if tonumber(text) ~= number then
            text = string.format('%d', number)
            changed[#changed + 1], changed[#changed + 2] = name, text
        end
        texts[i] = text
    end
    redis.call('HSET', META, unpack(changed))
    if further then
        if #movements > 0 then
            further[#further + 1], further[#further + 2] = LEDGER_MOVEMENTS, table.concat(movements)
        end
        redis.call('XADD', prefix .. LEDGER_KEY, '*', LEDGER_VERSION, meta.version, unpack(further))
    elseif #movements > 0 then
        redis.call('XADD', prefix .. LEDGER_KEY, '*', LEDGER_VERSION, meta.version, LEDGER_MOVEMENTS,
            table.concat(movements))
    end
    notify(kind, meta.incarnation, texts, table.concat(decided_runs))
end
