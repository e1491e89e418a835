-- Tells a reader what comes next in a partition's stream, and leases the stream to it as long as
-- something is left. When nothing is, it only reads, but for giving an own lease back; so an idle
-- service writes nothing.
--
-- What the stream has lost shows in the numbers that its events carry: those between the last one
-- passed and the next one there are gone.
--
-- KEYS  1 the reader's place   2 the partition's events   3 its counters
-- ARGV  1 the reader
--       2 its lease, in ms
--       3 how many events at most
-- Reply nothing if another has the stream; else the time in ms since the epoch and how many events
--       were lost, then id, number and record of each event

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = tonumber(ARGV[2])
local holder, till, at, count = unpack(redis.call('HMGET', KEYS[1], 'holder', 'until', 'at', 'count'))

if holder and holder ~= ARGV[1] and tonumber(till) > now then
  return {}
end

local events = redis.call('XRANGE', KEYS[2], '(' .. (at or '0-0'), '+', 'COUNT', ARGV[3])
local left = #events > 0
local before -- the number before that of the next event, there or still to come
if left then
  before = tonumber(events[1][2][4]) - 1
else
  before = tonumber(redis.call('HGET', KEYS[3], 'events') or 0)
end
local lost = count and math.max(0, before - tonumber(count)) or 0

if left then
  redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', now + lease, 'at', at or '0-0', 'count', before)
  redis.call('PEXPIRE', KEYS[1], math.max(lease, 2 * redis.call('PTTL', KEYS[2])))
else
  if lost > 0 then
    redis.call('HSET', KEYS[1], 'count', before)
  end
  if holder == ARGV[1] then
    redis.call('HDEL', KEYS[1], 'holder', 'until')
  end
end

local reply = { now, lost }
for _, event in ipairs(events) do
  reply[#reply + 1] = { event[1], tonumber(event[2][4]), event[2][2] }
end
return reply
