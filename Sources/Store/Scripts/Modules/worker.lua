-- worker.lua: the name of the worker that a flight belongs to.
--
--- needs: FLIGHT
--- include: item
--- constants: FLIGHT_KEY
--- shares: worker

local worker = string.sub(FLIGHT, #prefix + #FLIGHT_KEY + 1)
