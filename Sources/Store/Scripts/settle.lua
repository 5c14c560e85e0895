-- settle.lua: end attempts of taken purchases, each as the order sink answered.
--
-- KEYS[1]  meta      HASH    sluice:{item}:meta
-- KEYS[2]  flight    HASH    sequence -> attempt and purchase, of the calling worker  sluice:{item}:flight:{worker}
-- KEYS[3]  attempts  HASH    sequence -> attempt, only where a worker was lost        sluice:{item}:attempts
-- KEYS[4]  results   STRING  segment 0; the others are named alike                    sluice:{item}:results:0
-- KEYS[5]  ledger    STREAM                                                           sluice:{item}:ledger
-- KEYS[6]  queue     LIST    dropped when the item ends                               sluice:{item}:queue
-- ARGV[3...]         triples of sequence, attempt, outcome (1 confirmed, 2 refused), at most 256
--
-- Returns: {0, counters..., codes}: one byte a triple: 1 settled, 0 repeated, 2 fenced (another attempt holds it), 3
--         unknown.
-- Cost: O(triples). Idempotent: yes.

local refused = open_item('on_sold_out_close')
if refused then return refused end

check('HLEN', KEYS[2], 'HLEN', KEYS[3], 'XLEN', KEYS[5])
for at = 3, #ARGV, 3 do check_results(ARGV[at], ARGV[at]) end

local codes, changed = {}, false
for at = 3, #ARGV, 3 do
    local field, sequence, attempt = ARGV[at], tonumber(ARGV[at]), tonumber(ARGV[at + 1])
    local record, code = redis.call('HGET', KEYS[2], field), 3
    if record and string.byte(record) == attempt then
        local quantity = struct.unpack('>I2', record, 2)
        local is_confirmed = ARGV[at + 2] == '1'
        meta.held = meta.held - quantity
        if is_confirmed then meta.sold = meta.sold + quantity else meta.free = meta.free + quantity end
        decide(sequence, 1, is_confirmed and SOLD or REJECTED)
        move(is_confirmed and M_CONFIRMED or M_REFUSED, attempt, quantity, sequence, 1)
        redis.call('HDEL', KEYS[2], field)
        code, changed = 1, true
    else
        local holder = tonumber(redis.call('HGET', KEYS[3], field) or attempt)
        local byte = string.byte(result_bytes(sequence, 1))
        if record or holder ~= attempt then code = 2
        elseif byte == SOLD or byte == REJECTED then code = 0 end
    end
    codes[#codes + 1] = string.char(code)
end
if changed then
    if meta.free > 0 then meta.ended = 0 end
    end_if_done(meta.on_sold_out_close == 1)
    commit('D')
end
return reply(0, table.concat(codes))
