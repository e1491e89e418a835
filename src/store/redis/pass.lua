-- Moves a reader past an event and renews its lease, if the stream is still its own.
--
-- KEYS  1 the reader's place   2 the partition's events
-- ARGV  1 the reader
--       2 id of the event, 3 its number
--       4 the lease, in ms
-- Reply 1 passed; 0 the stream is another's, and nothing was changed

if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = tonumber(ARGV[4])
redis.call('HSET', KEYS[1], 'at', ARGV[2], 'count', ARGV[3], 'until', now + lease)
redis.call('PEXPIRE', KEYS[1], math.max(lease, 2 * redis.call('PTTL', KEYS[2])))
return 1
