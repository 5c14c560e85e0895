-- common.lua: what every script on one item shares; put in front of each of them when it is loaded.
--
-- CHANGED  the channel of changes, a constant that stands in front (Scripts.swift).
-- KEYS     KEYS[1] is always the item's meta; the names of the other keys of the item are built from it.
-- ARGV     ARGV[1] run_id of the store, as the caller knows it; ARGV[2] incarnation of the item, "" for any.
--
-- Returns: nothing of its own. Refusals of every script: {-1} no such item, {-2} stale boot, {-3} other incarnation.
-- Cost: a few local functions. Idempotent: yes.

-- Result bytes, one per sequence. 0 is not decided by a byte; see the reading rule in docs/architecture.md.
local SOLD, PROCESSING, RESERVED, REJECTED, EXPIRED, CANCELLED, INSUFFICIENT, IN_DOUBT, LOST = 1, 2, 3, 4, 5, 6, 7, 8, 9
-- Kinds of stock movements in the ledger.
local M_SOLD, M_TAKEN, M_CONFIRMED, M_REFUSED, M_IN_DOUBT, M_STOCK, M_REVIVED = 1, 2, 3, 4, 5, 6, 7
local SEGMENT = 65536

local prefix = string.sub(KEYS[1], 1, -5)
local meta, item = {}, string.match(KEYS[1], '{(.*)}')
local stored = {}  -- the same as they were read

-- Attempts are told apart, not counted: they are one byte of the record, and 1 follows 255. No late call of 255
-- attempts ago can still be under way. 0 is one that was given back before it was begun.
local function next_attempt(attempt) return attempt % 255 + 1 end

-- The worker that a flight is of.
local function worker_of(flight) return string.match(flight, '}:flight:(.*)$') end

local COUNTERS = {'version', 'news', 'head', 'tail', 'cancelled', 'free', 'held', 'in_doubt', 'sold', 'ended_at',
    'ended', 'redo'}

-- Reads the counters and the named settings as numbers into `meta`; returns a refusal, or nil when the call may go on.
local function open_item(...)
    local names = {'boot', 'incarnation', unpack(COUNTERS)}
    for _, name in ipairs({...}) do names[#names + 1] = name end
    local values = redis.call('HMGET', KEYS[1], unpack(names))
    if not values[1] then return {-1} end
    if values[1] ~= ARGV[1] then return {-2} end
    if ARGV[2] ~= '' and values[2] ~= ARGV[2] then return {-3} end
    meta.incarnation = values[2]
    for i = 3, #names do meta[names[i]], stored[names[i]] = tonumber(values[i]), values[i] end
end

-- Joins sequences in a row of which the same is said. Returns a function that takes `count` of them from `first`, and
-- one that hands those that were joined to `write`.
local function joined(write)
    local said, from, length = nil, 0, 0
    local function flush()
        if length > 0 then write(from, length, said) end
        length = 0
    end
    return function(first, count, what)
        if what ~= said or first ~= from + length then
            flush()
            said, from = what, first
        end
        length = length + count
    end, flush
end

-- Gives the same result byte to `count` sequences from `first`: those in a row are one write and one run in the
-- message, by `commit` at the latest.
local runs = {}
local decide, write_decided = joined(function(first, count, byte)
    runs[#runs + 1] = struct.pack('>I4I4B', first, count, byte)
    while count > 0 do
        local segment, offset = math.floor(first / SEGMENT), first % SEGMENT
        local part = math.min(count, SEGMENT - offset)
        redis.call('SETRANGE', prefix .. 'results:' .. segment, offset, string.rep(string.char(byte), part))
        first, count = first + part, count - part
    end
end)

-- What is decided of `count` sequences from `first`, a byte each.
local function result_bytes(first, count)
    write_decided()
    local segment, offset = math.floor(first / SEGMENT), first % SEGMENT
    local bytes = redis.call('GETRANGE', prefix .. 'results:' .. segment, offset, offset + count - 1)
    if offset + count > SEGMENT then
        bytes = bytes .. string.rep('\0', SEGMENT - offset - #bytes)
        local rest = count - (SEGMENT - offset)
        bytes = bytes .. redis.call('GETRANGE', prefix .. 'results:' .. (segment + 1), 0, rest - 1)
    end
    return bytes .. string.rep('\0', count - #bytes)
end

-- Redis does not roll back: a key of a wrong type must fail before the first write. Takes pairs of a command that only
-- reads a length, and a key.
local function check(...)
    local pairs_ = {...}
    for at = 1, #pairs_, 2 do redis.call(pairs_[at], pairs_[at + 1]) end
end

local checked = {}
-- The same for the segments of results that hold the sequences from `first` to `last`.
local function check_results(first, last)
    for segment = math.floor(first / SEGMENT), math.floor(last / SEGMENT) do
        if not checked[segment] then redis.call('STRLEN', prefix .. 'results:' .. segment) end
        checked[segment] = true
    end
end

-- Movements of the same kind, one behind the other, are one in the ledger.
local movements = {}
local move_all, write_moved = joined(function(first, count, what)
    movements[#movements + 1] = what .. struct.pack('>I4I4', first, count)
end)
local function move(kind, attempt, quantity, first, count)
    move_all(first, count, struct.pack('>BBI2', kind, attempt, quantity))
end

-- Ends the item when nothing is left and nothing can come back: one watermark answers everybody who still waits.
local function end_if_done(closes)
    if meta.ended == 1 or meta.free > 0 or (not closes and meta.held > meta.in_doubt) then return end
    meta.ended, meta.ended_at, meta.head, meta.cancelled = 1, meta.tail, meta.tail, 0
    redis.call('UNLINK', prefix .. 'queue')
end

-- Writes all counters back, one version up, with the ledger entry; tells the listeners what changed.
-- `kind` is C where the configuration changed (listeners read it afresh), D where only counters and results did.
local function commit(kind)
    write_decided()
    write_moved()
    meta.version, meta.news = meta.version + 1, meta.news + 1
    local pairs_, message = {}, {kind, item, meta.incarnation}
    for i, name in ipairs(COUNTERS) do
        local text = string.format('%d', meta[name])
        if text ~= stored[name] then pairs_[#pairs_ + 1], pairs_[#pairs_ + 2] = name, text end
        message[i + 3] = text
    end
    redis.call('HSET', KEYS[1], unpack(pairs_))
    if #movements > 0 then
        redis.call('XADD', prefix .. 'ledger', '*', 'v', meta.version, 'm', table.concat(movements))
    end
    redis.call('PUBLISH', CHANGED, table.concat(message, ' ') .. '\n' .. table.concat(runs))
end

-- The counters as a reply, in the order of COUNTERS, behind a status.
local function reply(status, ...)
    local answer = {status}
    for i, name in ipairs(COUNTERS) do answer[i + 1] = meta[name] end
    for _, extra in ipairs({...}) do answer[#answer + 1] = extra end
    return answer
end
