-- settle.lua: end attempts of taken purchases, each as the order sink answered.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  flight    HASH    sequence -> attempt and purchase, of the calling worker  sluice:{item}:flight:{worker}
-- KEYS[3]  attempts  HASH    sequence -> attempt, only where a worker was lost        sluice:{item}:attempts
-- KEYS[4]  results   STRING  segment 0; the others are named alike                    sluice:{item}:results:0
-- KEYS[5]  ledger    STREAM                                                           sluice:{item}:ledger
-- KEYS[6]  queue     LIST    dropped when the item ends                               sluice:{item}:queue
-- KEYS[7]  orders    HASH    sequence -> reference of a confirmed order               sluice:{item}:orders
-- KEYS[8]  reasons   HASH    sequence -> why the sink refused                         sluice:{item}:reasons
-- KEYS[9]  silent    HASH    records that the sink never answered for                 sluice:{item}:flight:silent
-- ARGV[3...]         quadruples of sequence, attempt, outcome (1 confirmed, 2 refused, 3 in doubt: units stay held) and
--                    note (reference or reason, "" for none), at most 256
--
-- Returns: {0, counters..., codes}: one byte each: 1 settled, 0 repeated, 2 fenced (another attempt holds it), 3
--         unknown.
-- Cost: O(quadruples). Idempotent: yes.

local refused = open_item('on_sold_out_close', 'has_orders')
if refused then return refused end

check('HLEN', KEYS[2], 'HLEN', KEYS[3], 'XLEN', KEYS[5], 'HLEN', KEYS[7], 'HLEN', KEYS[8], 'HLEN', KEYS[9])
for at = 3, #ARGV, 4 do check_results(ARGV[at], ARGV[at]) end

local bytes, kinds = {SOLD, REJECTED, IN_DOUBT}, {M_CONFIRMED, M_REFUSED, M_IN_DOUBT}

local function finish(field, record, outcome, note)
    local attempt, quantity = struct.unpack('>BI2', record)
    if outcome == 3 then
        meta.in_doubt = meta.in_doubt + quantity
        redis.call('HSET', KEYS[9], field, record)
    else
        meta.held = meta.held - quantity
        if outcome == 1 then meta.sold = meta.sold + quantity else meta.free = meta.free + quantity end
    end
    if note ~= '' and outcome < 3 then redis.call('HSET', outcome == 1 and KEYS[7] or KEYS[8], field, note) end
    decide(tonumber(field), 1, bytes[outcome])
    move(kinds[outcome], attempt, quantity, tonumber(field), 1)
    redis.call('HDEL', KEYS[2], field)
end

local codes, changed, noted = {}, false, false
for at = 3, #ARGV, 4 do
    local field, attempt, outcome = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    local record, code = redis.call('HGET', KEYS[2], field), 3
    if record and string.byte(record) == attempt then
        finish(field, record, outcome, ARGV[at + 3])
        code, changed, noted = 1, true, noted or ARGV[at + 3] ~= ''
    else
        local holder = tonumber(redis.call('HGET', KEYS[3], field) or attempt)
        local byte = string.byte(result_bytes(tonumber(field), 1))
        if record or holder ~= attempt then code = 2
        elseif byte == SOLD or byte == REJECTED or (byte == IN_DOUBT and outcome == 3) then code = 0 end
    end
    codes[#codes + 1] = string.char(code)
end
if changed then
    if meta.free > 0 then meta.ended = 0 end
    end_if_done(meta.on_sold_out_close == 1)
    -- From the first note on, queue processes look for them: they must read the item afresh.
    local is_first = noted and meta.has_orders ~= 1
    if is_first then redis.call('HSET', KEYS[1], 'has_orders', 1) end
    commit(is_first and 'C' or 'D')
end
return reply(0, table.concat(codes))
