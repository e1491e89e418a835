-- Reads a record together with the time at which it was so.
--
-- KEYS  1 the record
-- ARGV  none
-- Reply seconds, microseconds, then the record (version and blob) or nil

local now = redis.call('TIME')
return { now[1], now[2], redis.call('GET', KEYS[1]) }
