-- Charges a counter by the generic cell rate algorithm, in every window or in none, once for an
-- operation; or gives back what the operation was charged, once nobody relies on it any more.
--
-- A window is a bucket of count * length drops that leaks `count` drops a millisecond; a charge
-- pours `length` drops for each of its cost. It is known by its length, so its count may change. All
-- numbers are whole and below 2^53, so the sums are exact. The same sums stand in gcra.rs.
--
-- KEYS  1 the counter's buckets   2 the operation's mark
-- ARGV  1 the cost, positive to charge, anything below to give back what it was
--       2 who relies on it; empty where nobody else can, and to give back for all
--       then count and length in ms of each window
-- Reply 0 allowed, or the ms after which there is room

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local cost, holder = tonumber(ARGV[1]), ARGV[2]
-- The cost, and how full each bucket was with it: "1 60000=1790000000000:120000".
local mark = redis.call('HGET', KEYS[2], 'charge')

local function whole(number)
  return string.format('%.0f', number)
end

-- What is in a bucket by now, of what it may hold at most, and as of when. A clock that went back is taken
-- to stand still.
local function leak(level, count, most)
  local at, drops = string.match(level, '^(%d+):(%d+)$')
  at, drops = tonumber(at), math.min(tonumber(drops), most)
  return math.max(0, drops - math.max(0, now - at) * count), math.max(at, now)
end

-- Each window: its count, its length, what is in its bucket and as of when. What a larger count let in and
-- this one would not is poured away, unless it is to be given back.
local function windows()
  local i = 1
  return function()
    i = i + 2
    if ARGV[i] then
      local count, length = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
      local most = cost > 0 and count * length or math.huge
      local drops, at = leak(redis.call('HGET', KEYS[1], whole(length)) or '0:0', count, most)
      return count, length, drops, at
    end
  end
end

local levels, life = {}, 1

local function fill(count, length, drops, at)
  levels[#levels + 1] = whole(length)
  levels[#levels + 1] = whole(at) .. ':' .. whole(drops)
  life = math.max(life, at - now + math.ceil(drops / count))
end

local function keep()
  redis.call('HSET', KEYS[1], unpack(levels))
  if redis.call('PTTL', KEYS[1]) < life then
    redis.call('PEXPIRE', KEYS[1], life)
  end
end

if cost > 0 then
  if mark then
    redis.call('HSET', KEYS[2], holder, '')
    return 0
  end
  local wait, longest, poured = 0, 0, whole(cost)
  for count, length, drops, at in windows() do
    drops = drops + length * cost
    wait = math.max(wait, math.ceil((drops - count * length) / count))
    longest = math.max(longest, length)
    fill(count, length, drops, at)
    poured = poured .. ' ' .. levels[#levels - 1] .. '=' .. levels[#levels]
  end
  if wait == 0 then
    keep()
    redis.call('HSET', KEYS[2], 'charge', poured, holder, '')
    redis.call('PEXPIRE', KEYS[2], longest)
  end
  return wait
end

if not mark then
  return 0
end
if holder ~= '' then
  redis.call('HDEL', KEYS[2], holder)
  if redis.call('HLEN', KEYS[2]) > 1 then
    return 0 -- others rely on it
  end
end
for count, length, drops, at in windows() do
  local poured = string.match(mark, ' ' .. whole(length) .. '=(%d+:%d+)')
  if poured then
    -- What was poured first leaks first: it has all its drops while something is left of those below.
    local left = math.min(leak(poured, count, math.huge), length * tonumber(string.match(mark, '^%d+')))
    fill(count, length, math.max(0, drops - left), at)
  end
end
if #levels > 0 then
  keep()
end
redis.call('DEL', KEYS[2])
return 0
