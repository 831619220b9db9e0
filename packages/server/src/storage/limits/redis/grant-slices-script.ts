/**
 * `grantSlice` inside Redis, for several limits in one step on the clock of Redis. A contract test holds both against each
 * other. Every limit is one key with its state in MessagePack, which keeps numbers as they are.
 *
 * KEYS: the holders of the scope (a sorted set by when they were last heard of), then one key for each limit.
 * ARGV: holder, presence in ms, then for each limit: per second, capacity, left, returned, wanted, least, known (0 or 1),
 * lease in ms, memory in ms, slack in seconds.
 * Returns the number of holders, then for each limit: kept, extra, wait in ms (-1: never), as text.
 */
export const grantSlicesScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local holder = ARGV[1]
local presence = tonumber(ARGV[2])

redis.call('ZADD', KEYS[1], now, holder)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - presence)
redis.call('PEXPIRE', KEYS[1], presence)
local answer = { redis.call('ZCARD', KEYS[1]) }

for index = 2, #KEYS do
  local at = 2 + (index - 2) * 10
  local perSecond = tonumber(ARGV[at + 1])
  local capacity = tonumber(ARGV[at + 2])
  local left = tonumber(ARGV[at + 3])
  local returned = tonumber(ARGV[at + 4])
  local wanted = tonumber(ARGV[at + 5])
  local least = tonumber(ARGV[at + 6])
  local known = ARGV[at + 7] == '1'
  local leaseMs = tonumber(ARGV[at + 8])
  local memoryMs = tonumber(ARGV[at + 9])
  local slackSeconds = tonumber(ARGV[at + 10])

  local stored = redis.call('GET', KEYS[index])
  local bucket
  if stored then
    bucket = cmsgpack.unpack(stored)
  else
    local first = known and math.min(capacity, perSecond * slackSeconds) or capacity
    bucket = { level = first, capacity = capacity, filledAt = now, leases = {} }
  end

  -- Another Redis took over, whose clock is behind.
  if bucket.filledAt > now + 5000 then bucket.filledAt = now end

  local leases = {}
  local others = 0
  local own = 0
  local out = 0
  for name, lease in pairs(bucket.leases) do
    if lease.expiresAt > now and lease.expiresAt <= now + leaseMs + 5000 then
      out = out + lease.held
      if name == holder then
        own = lease.held
      else
        leases[name] = lease
        others = others + 1
      end
    end
  end

  local grown = bucket.level + capacity - bucket.capacity
    + perSecond * math.max(0, now - bucket.filledAt) / 1000
  local level = math.min(grown, capacity, capacity + perSecond * slackSeconds - out)
  local kept = math.min(left, own)
  level = level + math.min(returned, own - kept)

  local extra = 0
  if wanted > kept then
    local free = math.max(0, level)
    local heldByOthers = 0
    for _, lease in pairs(leases) do
      heldByOthers = heldByOthers + lease.held
    end
    local share = (free + kept + heldByOthers) / (others + 1)
    local spoken = 0
    for _, lease in pairs(leases) do
      spoken = spoken + math.max(0, math.min(lease.wanted, share) - lease.held)
    end
    local most = math.max(least - kept, share - kept, free - spoken)
    extra = math.min(wanted - kept, most, free)
    if kept + extra < least then
      level = level + kept
      kept = 0
      extra = 0
    end
  end
  level = level - extra

  if wanted > 0 then
    leases[holder] = { held = kept + extra, wanted = wanted, expiresAt = now + leaseMs }
  end
  local wait = 0
  if kept + extra < least then
    if perSecond <= 0 or least > capacity then
      wait = -1
    else
      wait = math.max(0, math.ceil((least - level) / perSecond * 1000))
    end
  end
  redis.call('SET', KEYS[index], cmsgpack.pack({
    level = level,
    capacity = capacity,
    filledAt = math.max(bucket.filledAt, now),
    leases = leases,
  }), 'PX', memoryMs)
  answer[#answer + 1] = string.format('%.17g', kept)
  answer[#answer + 1] = string.format('%.17g', extra)
  answer[#answer + 1] = string.format('%d', wait)
end
return answer
`;
