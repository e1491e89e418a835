-- Claims alarms that looked due: puts each back by the lease, so that others leave it alone. One
-- that another replica has claimed or moved since is passed over; one whose record is gone is
-- dropped.
--
-- KEYS  1 the partition's schedule, then the record of each alarm
-- ARGV  1 the lease in ms, then the name of each alarm in the schedule, in the order of KEYS
-- Reply the time in ms since the epoch, then for each claimed alarm its position in KEYS and the
--       time in ms at which it was due

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = tonumber(ARGV[1])
local reply = { now }

for i = 2, #KEYS do
  local at = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]))
  if at and at <= now then
    if redis.call('EXISTS', KEYS[i]) == 1 then
      redis.call('ZADD', KEYS[1], now + lease, ARGV[i])
      reply[#reply + 1] = i
      reply[#reply + 1] = at
    else
      redis.call('ZREM', KEYS[1], ARGV[i])
    end
  end
end
return reply
