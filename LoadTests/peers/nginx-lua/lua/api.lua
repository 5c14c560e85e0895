-- api.lua: the routes, one Redis round trip each; refusals after the end come from a shared flag with none.
local cjson = require "cjson.safe"
local store = require "store"

local api = {}

local flags = ngx.shared.flags
local admit = store.script("admit")
local word = store.word
local find, match, sub, byte = string.find, string.match, string.sub, string.byte

-- `body` is a text, or the pieces of one. Texts that differ only here and there are dear to put together: LuaJIT keeps
-- each text once, finds it by a hash of a few of its bytes, and compares it with all that have the same.
local function send(status, body, content_type, cache_control)
    local header, length = ngx.header, 0
    ngx.status = status
    if type(body) == "table" then
        for i = 1, #body do length = length + #body[i] end
    else
        length = #body
    end
    if content_type then header["Content-Type"] = content_type end
    header["Content-Length"] = length
    header["Cache-Control"] = cache_control or "no-store"
    ngx.print(body)
end

local function problem(status, code, title, retry_after)
    local body = '{"type":"about:blank","title":"' .. title .. '","status":' .. status .. ',"code":"' .. code .. '"}'
    return function()
        if retry_after then ngx.header["Retry-After"] = retry_after end
        send(status, body, "application/problem+json")
    end
end

local sold_out = problem(410, "sold-out", "Sold out")
local queue_full = problem(503, "queue-full", "The queue is full", "1")
local unknown_item = problem(404, "unknown-item", "No such item")
local unknown_ticket = problem(404, "unknown-ticket", "No such ticket")
local invalid = problem(400, "invalid-request", "Not a purchase")
local unavailable = problem(503, "store-unavailable", "The store does not answer", "1")

local final_end = ',"poll_after_ms":500,"order":null,"expires_at":null,"reason":null,"final":true}'
local queued_end = ',"eta":{"p50_ms":null,"p90_ms":null,"known":false},"verdict":"possible"'
    .. ',"poll_after_ms":500,"order":null,"expires_at":null,"reason":null,"final":false}'

local function ticket_body(ticket, item, user, quantity, state, sequence, ahead)
    if state ~= "queued" then
        return {
            '{"ticket":"', ticket, '","item":"', item, '","user":', user, ',"quantity":', tostring(quantity),
            ',"state":"', state, '","sequence":', tostring(sequence), final_end}
    end
    return {
        '{"ticket":"', ticket, '","item":"', item, '","user":', user, ',"quantity":', tostring(quantity),
        ',"state":"queued","sequence":', tostring(sequence), ',"position":', tostring(ahead + 1), ',"ahead":',
        tostring(ahead), queued_end}
end

-- All of an admission's command but the user and the quantity, by item; forgotten when there are many.
local admissions, count = {}, 0

local function admission(item)
    local known = admissions[item]
    if known then return known end
    if count == 1000 then admissions, count = {}, 0 end
    local prefix = "{" .. item .. "}:"
    known = "*8\r\n" .. word("EVALSHA") .. word(admit.digest) .. word("3") .. word(prefix .. "meta")
        .. word(prefix .. "users") .. word(prefix .. "queue")
    admissions[item], count = known, count + 1
    return known
end

local function purchase(item)
    if flags:get("ended:" .. item) then
        ngx.req.discard_body()
        return sold_out()
    end
    ngx.req.read_body()
    local text = ngx.req.get_body_data()
    local request = text and cjson.decode(text)
    if type(request) ~= "table" then return invalid() end
    local user, quantity = request.user, request.quantity or 1
    if type(user) ~= "string" or #user == 0 or #user > 128 or find(user, "[^\33-\126]") then return invalid() end
    if type(quantity) ~= "number" or quantity % 1 ~= 0 or quantity < 1 or quantity > 1000 then return invalid() end

    local connection = store.open()
    if not connection then return unavailable() end
    local prefix = "{" .. item .. "}:"
    local reply = store.line(
        connection, {admission(item), "$", tostring(#user), "\r\n", user, "\r\n", word(tostring(quantity))})
    if reply and sub(reply, 1, 9) == "-NOSCRIPT" then
        reply = "+" .. (store.call(
            connection, admit, 3, prefix .. "meta", prefix .. "users", prefix .. "queue", user, quantity) or "")
    end
    local outcome, sequence, ahead = match(reply or "", "^%+(%d) (%d+) (%d+)$")
    if not outcome and reply ~= "+sold-out" and reply ~= "+queue-full" and reply ~= "+unknown-item" then
        connection:close()
        return unavailable()
    end
    store.close(connection)
    if reply == "+sold-out" then
        flags:set("ended:" .. item, true)
        return sold_out()
    elseif reply == "+queue-full" then
        return queue_full()
    elseif reply == "+unknown-item" then
        return unknown_item()
    end
    local ticket = item .. "." .. sequence .. "." .. quantity
    ngx.header["Location"] = "/v1/tickets/" .. ticket
    ngx.header["Retry-After"] = "1"
    user = cjson.encode(user)
    send(outcome == "0" and 202 or 200, ticket_body(ticket, item, user, quantity, "queued", sequence, ahead))
end

local function status(item)
    local connection = store.open()
    if not connection then return unavailable() end
    connection:init_pipeline()
    connection:hmget("{" .. item .. "}:meta", "total", "stock", "sold", "head", "limit", "ended")
    connection:llen("{" .. item .. "}:queue")
    local replies = connection:commit_pipeline()
    if not replies or not replies[1] then
        connection:close()
        return unavailable()
    end
    local meta, waiting = replies[1], replies[2]
    store.close(connection)
    if meta[1] == ngx.null then return unknown_item() end
    local state = meta[6] == "1" and "sold_out" or "open"
    local tag = 'W/"' .. meta[4] .. "-" .. waiting .. "-" .. meta[2] .. '"'
    ngx.header["ETag"] = tag
    if ngx.var.http_if_none_match == tag then
        ngx.header["Cache-Control"] = "public, max-age=1"
        ngx.status = 304
        return
    end
    send(200, '{"item":"' .. item .. '","state":"' .. state .. '","stock_total":' .. meta[1]
        .. ',"stock_left":' .. meta[2] .. ',"held":0,"sold":' .. meta[3]
        .. ',"waiting":' .. waiting .. ',"queue_limit":' .. meta[5]
        .. ',"opens_at":null,"closes_at":null,"drain_per_second":0}', nil, "public, max-age=1")
end

-- GET /v1/items/{item} and POST /v1/items/{item}/purchases.
function api.items()
    local uri = ngx.var.uri
    local is_purchase = sub(uri, -10) == "/purchases"
    local item = is_purchase and sub(uri, 11, -11) or sub(uri, 11)
    if #item == 0 or #item > 64 then return unknown_item() end
    if is_purchase then return purchase(item) end
    status(item)
end

-- GET /v1/tickets/{ticket}; one HMGET shows whether it is decided and how far the queue is.
function api.tickets()
    local ticket = sub(ngx.var.uri, 13)
    local first = find(ticket, ".", 1, true)
    local second = first and find(ticket, ".", first + 1, true)
    if not second then return unknown_ticket() end
    local item, sequence = sub(ticket, 1, first - 1), tonumber(sub(ticket, first + 1, second - 1))
    local quantity = tonumber(sub(ticket, second + 1))
    if not sequence or not quantity or byte(item) == nil then return unknown_ticket() end

    local connection = store.open()
    if not connection then return unavailable() end
    local reply = store.list(
        connection,
        {"*4\r\n$5\r\nHMGET\r\n", word("{" .. item .. "}:results"), word(tostring(sequence)), "$4\r\nhead\r\n"})
    if not reply then
        connection:close()
        return unavailable()
    end
    store.close(connection)
    local head = tonumber(reply[2] or nil)
    if not head then return unknown_ticket() end
    local state = reply[1] and "sold" or sequence <= head and "sold_out" or "queued"
    send(200, ticket_body(ticket, item, "null", quantity, state, sequence, sequence - head - 1))
end

-- PUT /admin/v1/items/{item} {"stock":n,"queue_limit":n}: makes the item anew, with an empty queue.
function api.put()
    ngx.req.read_body()
    local item, request = sub(ngx.var.uri, 17), cjson.decode(ngx.req.get_body_data() or "")
    if #item == 0 or type(request) ~= "table" or type(request.stock) ~= "number" then return invalid() end
    local connection = store.open()
    if not connection then return unavailable() end
    local prefix = "{" .. item .. "}:"
    local limit = request.queue_limit or request.stock * 3
    connection:init_pipeline()
    connection:unlink(prefix .. "meta", prefix .. "users", prefix .. "queue", prefix .. "results")
    connection:hset(prefix .. "meta", "total", request.stock, "stock", request.stock, "limit", limit,
        "sold", 0, "head", 0, "ended", 0)
    connection:hset(prefix .. "results", "head", 0)
    connection:sadd("items", item)
    connection:commit_pipeline()
    store.close(connection)
    flags:delete("ended:" .. item)
    send(201, '{"item":"' .. item .. '"}')
end

-- PUT /admin/v1/worker {"running":false} stops the draining timer, true lets it go on.
function api.worker()
    ngx.req.read_body()
    local request = cjson.decode(ngx.req.get_body_data() or "")
    if type(request) ~= "table" then return invalid() end
    flags:set("worker-stopped", request.running == false)
    send(200, '{"running":' .. tostring(request.running ~= false) .. "}")
end

return api
