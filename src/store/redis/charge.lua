-- Charges a counter by the generic cell rate algorithm, in every window or in none, once for an
-- operation; or gives back what the operation was charged, once nobody relies on it any more.
--
-- A window is a bucket of count * length drops that leaks `count` drops a millisecond; a charge
-- pours `length` drops for each of its cost. It is known by its length, so its count may change. All
-- numbers are whole and below 2^53, so the sums are exact. The same sums stand in gcra.rs.
--
-- KEYS  1 the counter's buckets   2 the operation's mark
-- ARGV  1 the cost, positive to charge, negative to give back
--       2 who relies on it, or empty: to give back for all
--       then count and length in ms of each window
-- Reply 0 allowed, or the ms after which there is room

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local cost = tonumber(ARGV[1])
local giving_back = cost < 0
local holder = ARGV[2]
local charged_at = tonumber(redis.call('HGET', KEYS[2], 'at'))

if giving_back and charged_at == nil then
  return 0
end
if giving_back and holder ~= '' then
  redis.call('HDEL', KEYS[2], holder)
  if redis.call('HLEN', KEYS[2]) > 1 then
    return 0 -- others rely on it
  end
end
if not giving_back and charged_at ~= nil then
  redis.call('HSET', KEYS[2], holder, '')
  return 0
end

local function leak(drops, at, count)
  return math.max(0, drops - math.max(0, now - at) * count)
end

local function whole(number)
  return string.format('%.0f', number)
end

local wait, longest, life, levels = 0, 0, 0, {}
for i = 3, #ARGV, 2 do
  local count, length = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local name, charged = ARGV[i + 1], length * math.abs(cost)
  local at, drops = string.match(redis.call('HGET', KEYS[1], name) or '0:0', '^(%d+):(%d+)$')
  at, drops = tonumber(at), leak(tonumber(drops), tonumber(at), count)
  if giving_back then
    -- As much of the charge as can't have leaked away yet.
    drops = math.max(0, drops - leak(charged, charged_at, count))
  else
    drops = drops + charged
    wait = math.max(wait, math.ceil((drops - count * length) / count))
  end
  at = math.max(at, now)
  life = math.max(life, 1, at - now + math.ceil(drops / count))
  longest = math.max(longest, length)
  levels[#levels + 1] = name
  levels[#levels + 1] = whole(at) .. ':' .. whole(drops)
end

if wait > 0 then
  return wait
end
redis.call('HSET', KEYS[1], unpack(levels))
if redis.call('PTTL', KEYS[1]) < life then
  redis.call('PEXPIRE', KEYS[1], life)
end
if giving_back then
  redis.call('DEL', KEYS[2])
else
  redis.call('HSET', KEYS[2], 'at', whole(now), holder, '')
  redis.call('PEXPIRE', KEYS[2], longest)
end
return 0
