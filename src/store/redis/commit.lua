-- Writes the next version of a record, with what goes with it, if the record still has the
-- expected version. Everything that could fail is looked at before the first write: Redis does not
-- undo what a script has done.
--
-- KEYS  1 the record            2 the partition's schedule
--       3 its counters          4 its events
-- ARGV  1 the expected version (8 bytes, big-endian; empty if there must be no record)
--       2 the new record (version and blob)
--       3 how long it lives, in ms
--       4 its alarm, in ms since the epoch, or empty for none
--       5 its name in the schedule
--       6 how many events the stream keeps, about
--       7 how long they live, in ms
--       8 how many counters follow
--       then name and amount of each counter, then the events
-- Reply 1 written; 0 the record has another version, and nothing was changed

local ttl = tonumber(ARGV[3])

-- What many share is kept for as long as the last of them needs it.
local function outlive(key, life)
  if redis.call('PTTL', key) < life then
    redis.call('PEXPIRE', key, life)
  end
end

if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then
  return 0
end
for i, kind in ipairs({ 'string', 'zset', 'hash', 'stream' }) do
  local found = redis.call('TYPE', KEYS[i]).ok
  if found ~= kind and found ~= 'none' then
    return redis.error_reply('WRONGTYPE key ' .. i .. ' of the commit is a ' .. found .. ', not a ' .. kind)
  end
end

redis.call('SET', KEYS[1], ARGV[2], 'PX', ttl)

if ARGV[4] == '' then
  redis.call('ZREM', KEYS[2], ARGV[5])
else
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[5])
  outlive(KEYS[2], ttl)
end

local events = 9 + 2 * tonumber(ARGV[8])
for i = 9, events - 1, 2 do
  redis.call('HINCRBY', KEYS[3], ARGV[i], ARGV[i + 1])
end

for i = events, #ARGV do
  local count = redis.call('HINCRBY', KEYS[3], 'events', 1)
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[6], '*', 'e', ARGV[i], 'n', count)
end
if events <= #ARGV then
  outlive(KEYS[4], tonumber(ARGV[7]))
end
return 1
