-- commit.lua: write an item's changed counters, results and movements, and publish a notification.
--
-- A call writes at most one entry into the ledger.
--
--- needs: META
--- include: item, results, ledger, notification
--- constants: QUEUE_KEY, LEDGER_KEY, LEDGER_VERSION, LEDGER_MOVEMENTS, ENDED_PLACE, MOVED_SOLD_OUT
--- constants: MOVED_REOPENED
--- shares: end_if_done, commit

-- Ends the item when no unit is left and none can come back: the watermark `ended_at` ends all purchases that wait.
local function end_if_done(closes)
    if meta.ended == 1 or meta.free > 0 or (not closes and meta.held > meta.in_doubt) then return end
    meta.ended, meta.ended_at, meta.head, meta.cancelled = 1, meta.tail, meta.tail, 0
    redis.call('UNLINK', prefix .. QUEUE_KEY)
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
