-- store.lua: calls of Redis over a pool of unix-socket connections that requests share.
local redis = require "nginx.redis"

local store = {}

local address = "unix:" .. os.getenv("PEER_REDIS")
-- A request that finds every connection busy waits in the backlog. 512 connections were slower than 64.
local pool = {pool_size = tonumber(os.getenv("PEER_POOL") or "64"), backlog = 16384}
local idle_milliseconds = 60000

-- A connection from the pool, or nil and why.
function store.open()
    local connection = redis:new()
    local ok, why = connection:connect(address, pool)
    if not ok then return nil, why end
    return connection
end

-- Gives a connection back to the pool.
function store.close(connection) connection:set_keepalive(idle_milliseconds) end

-- A script of the folder `redis/` and its digest.
function store.script(name)
    local file = assert(io.open(os.getenv("PEER_HOME") .. "/redis/" .. name .. ".lua"))
    local text = file:read("*a")
    file:close()
    local digest = ngx.sha1_bin(text):gsub(".", function(byte) return string.format("%02x", byte:byte()) end)
    return {text = text, digest = digest}
end

-- One script call; the script is sent whole only when Redis does not have it.
function store.call(connection, script, ...)
    local reply, why = connection:evalsha(script.digest, ...)
    if reply == false and why:sub(1, 8) == "NOSCRIPT" then reply, why = connection:eval(script.text, ...) end
    return reply, why
end

-- One word of a command, as Redis reads it.
function store.word(text) return "$" .. #text .. "\r\n" .. text .. "\r\n" end

-- Sends a command, a table of its pieces as Redis reads them, and returns the one line of its reply. The client library
-- makes five pieces of each word and reads a reply piece by piece: that costs as much as all the rest of a purchase.
function store.line(connection, command)
    local socket = connection._sock
    local sent = socket:send(command)
    return sent and socket:receive()
end

-- The same for a command whose reply is a list of texts; `false` stands for one that is not there. Nil where something
-- else came, or nothing.
function store.list(connection, command)
    local head = store.line(connection, command)
    local count = head and tonumber(string.match(head, "^%*(%d+)$"))
    if not count then return nil end
    local socket, list = connection._sock, {}
    for i = 1, count do
        local length = socket:receive()
        if not length then return nil end
        if length == "$-1" then
            list[i] = false
        else
            list[i] = socket:receive()
            if not list[i] then return nil end
        end
    end
    return list
end

return store
