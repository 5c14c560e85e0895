-- events.lua: what happened to an item's purchases behind a position in its ledger, in order.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  ledger    STREAM                                                     sluice:{item}:ledger
-- KEYS[3]  orders    HASH    sequence -> reference of its order                  sluice:{item}:orders
-- KEYS[4]  reasons   HASH    sequence -> why it was refused                      sluice:{item}:reasons
-- KEYS[5]  payments  HASH    sequence -> reference of the payment that bought it sluice:{item}:payments
-- KEYS[6]  refunds   HASH    sequence -> ms, 1 where units came back, reference  sluice:{item}:refunds
-- ARGV[1]  incarnation that is meant, "": any
-- ARGV[2]  id of an entry; ARGV[3] place in it of the last event that is known, PLACE_END: all of the entry are.
--          Every purchase of every movement has a place, counted from 0.
-- ARGV[4]  id of the last entry to read, "+": the last there is
-- ARGV[5]  limit, events, 1...1000
--
-- Returns: {DONE, incarnation, is_there, trimmed, id, place, more, entries, orders, reasons, references}: is_there is 0
--          where ARGV[2] and ARGV[3] name an event and its entry is gone; trimmed is the id of the last entry that was
--          removed for its age, 0-0 where none was; id and place are how far this call read, more is 1 where it ended
--          for its limits. entries: id, runs, … with runs as MOVEMENT_RUN: place of the first, and a movement of kinds
--          that are events. orders: of each purchase in turn, empty where the item has none; reasons: of each that was
--          refused; references: of each that was paid or paid back, or is to be paid back.
-- Cost: O(events + entries examined). Idempotent: yes, it only reads.
--- constants: DONE, NO_SUCH_ITEM, OTHER_INCARNATION, NO_ENTRY, PLACE_END, MOVEMENT, MOVEMENT_RUN
--- constants: MOVEMENT_LENGTH, LEDGER_MOVEMENTS, LEDGER_REFERENCES, MOVED_SOLD, MOVED_CONFIRMED, MOVED_REFUSED
--- constants: MOVED_IN_DOUBT, MOVED_RESERVED, MOVED_PAID, MOVED_EXPIRED, MOVED_LEFT, MOVED_RETURNED, MOVED_REFUNDED
--- constants: MOVED_REFUND_DUE, MOVED_LEFT_QUEUE, MOVED_SOLD_OUT, MOVED_REOPENED, MOVED_CLOSED, MOST_ENTRIES = 256
--- constants: SLICE = 64

local META, LEDGER, ORDERS, REASONS, PAYMENTS, REFUNDS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]

local incarnation, has_orders, trimmed = unpack(redis.call('HMGET', META, 'incarnation', 'has_orders', 'trimmed'))
if not incarnation then return {NO_SUCH_ITEM} end
if ARGV[1] ~= '' and ARGV[1] ~= incarnation then return {OTHER_INCARNATION} end

local is_event = {}
for _, kind in ipairs({MOVED_SOLD, MOVED_CONFIRMED, MOVED_REFUSED, MOVED_IN_DOUBT, MOVED_RESERVED, MOVED_PAID,
    MOVED_EXPIRED, MOVED_LEFT, MOVED_RETURNED, MOVED_REFUNDED, MOVED_REFUND_DUE, MOVED_LEFT_QUEUE, MOVED_SOLD_OUT,
    MOVED_REOPENED, MOVED_CLOSED}) do is_event[kind] = true end

local limit, count, examined = tonumber(ARGV[5]), 0, 0
local after, known = ARGV[2], tonumber(ARGV[3])
local entries, orders, reasons, references = {}, {}, {}, {}

-- Reads what is kept beside the ledger of purchases that have something in turn: `fields` of `key`.
local function look_up(key, fields, found)
    if #fields == 0 then return end
    for _, value in ipairs(redis.call('HMGET', key, unpack(fields))) do found[#found + 1] = value or '' end
    for at = 1, #fields do fields[at] = nil end
end

local ordered = {}
local function note(kind, first, taken, due)
    for sequence = first, first + taken - 1 do
        local field = string.format('%d', sequence)
        if has_orders == '1' then ordered[#ordered + 1] = field end
        if kind == MOVED_REFUSED then reasons[#reasons + 1] = redis.call('HGET', REASONS, field) or ''
        elseif kind == MOVED_PAID then references[#references + 1] = redis.call('HGET', PAYMENTS, field) or ''
        elseif kind == MOVED_RETURNED or kind == MOVED_REFUNDED then
            references[#references + 1] = redis.call('HGET', REFUNDS, field) or ''
        elseif kind == MOVED_REFUND_DUE then references[#references + 1] = due() or '' end
    end
end

-- Takes the events of one entry behind the place `known`. Returns the place of the last one where the limit is reached.
local function take(id, fields)
    local packed, names = '', ''
    for at = 1, #fields, 2 do
        if fields[at] == LEDGER_MOVEMENTS then packed = fields[at + 1]
        elseif fields[at] == LEDGER_REFERENCES then names = fields[at + 1] end
    end
    local place, runs, due = 0, {}, string.gmatch(names, '%S+')
    for at = 1, #packed, MOVEMENT_LENGTH do
        local kind, attempt, quantity, first, length = struct.unpack(MOVEMENT, packed, at)
        local passed = math.max(0, math.min(length, known + 1 - place))
        if kind == MOVED_REFUND_DUE then for _ = 1, passed do due() end end
        local taken = is_event[kind] and math.min(length - passed, limit - count) or 0
        if taken > 0 then
            runs[#runs + 1] = struct.pack(MOVEMENT_RUN, place + passed, kind, attempt, quantity, first + passed, taken)
            note(kind, first + passed, taken, due)
            count = count + taken
        end
        if is_event[kind] and taken < length - passed then
            if #runs > 0 then entries[#entries + 1], entries[#entries + 2] = id, table.concat(runs) end
            return place + passed + taken - 1
        end
        place = place + length
    end
    if #runs > 0 then entries[#entries + 1], entries[#entries + 2] = id, table.concat(runs) end
end

local is_event_known = known < PLACE_END
local from, is_there, more = is_event_known and after or '(' .. after, is_event_known and 0 or 1, 0
local id, last_place = after, known
while more == 0 do
    local slice = redis.call('XRANGE', LEDGER, from, ARGV[4], 'COUNT', SLICE)
    for _, entry in ipairs(slice) do
        if entry[1] == after then is_there = 1 else known = -1 end
        if count == limit then
            more = 1
            break
        end
        local place = take(entry[1], entry[2])
        id, last_place, examined = entry[1], place or PLACE_END, examined + 1
        if place then
            more = 1
            break
        end
    end
    if #slice < SLICE then break end
    if examined >= MOST_ENTRIES then more = 1 end
    from = '(' .. id
end
look_up(ORDERS, ordered, orders)
local removed = trimmed and string.match(trimmed, '%S+') or NO_ENTRY
return {DONE, incarnation, is_there, removed, id, last_place, more, entries, orders, reasons, references}
