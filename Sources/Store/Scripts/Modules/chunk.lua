-- chunk.lua: where the parts of a chunk of the queue begin.
--
--- constants: CHUNK_HEADER, CHUNK_TEXTS, CHUNK_QUANTITIES, CHUNK_DIGESTS, QUANTITY_LENGTH, DIGEST_LENGTH
--- shares: open_chunk

-- Returns the first sequence, the time, the count, and where quantities (false: all are 1), key digests (false: all are
-- of no key) and users begin.
local function open_chunk(chunk)
    local first, time, flags, count = struct.unpack(CHUNK_HEADER, chunk)
    local quantities, digests, users = flags % CHUNK_DIGESTS == CHUNK_QUANTITIES and CHUNK_TEXTS, false, CHUNK_TEXTS
    if quantities then users = users + QUANTITY_LENGTH * count end
    if flags >= CHUNK_DIGESTS then digests, users = users, users + DIGEST_LENGTH * count end
    return first, time, count, quantities, digests, users
end
