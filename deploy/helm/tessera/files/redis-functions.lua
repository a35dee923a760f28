#!lua name=tessera
-- What must happen in Redis in one step. Loaded once by ./stack (FUNCTION LOAD); components may call these and no scripts of their own.

-- Milliseconds since 1970, by the server's clock.
local function now_millis()
  local t = redis.call('time')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- KEYS: a stream. ARGV: data, entries to keep, seconds to live. Returns the entry's id.
local function append(keys, args)
  local id = redis.call('xadd', keys[1], 'maxlen', '~', args[2], '*', 'e', args[1])
  redis.call('expire', keys[1], args[3])
  return id
end

-- KEYS: the stream of an answer, the key that asks it to stop. ARGV: seconds to live, entries that the stream should have, then id, data, …
-- Returns -1 if the stream has fewer entries than it should, else whether stop was asked. An entry that exists stays: the batch before may have
-- arrived although its reply did not.
local function append_answer(keys, args)
  if redis.call('xlen', keys[1]) < tonumber(args[2]) then return -1 end
  for i = 3, #args, 2 do redis.pcall('xadd', keys[1], args[i], 'e', args[i + 1]) end
  redis.call('expire', keys[1], args[1])
  return redis.call('exists', keys[2])
end

-- KEYS: sets of lease holders. ARGV: the holder, milliseconds of a lease, then the limit of each set. Takes or renews a lease in all of them;
-- returns 0, or the number of the set that is full.
local function take_lease(keys, args)
  local now = now_millis()
  for i, key in ipairs(keys) do
    redis.call('zremrangebyscore', key, '-inf', now)
    local held = redis.call('zscore', key, args[1])
    if not held and redis.call('zcard', key) >= tonumber(args[2 + i]) then return i end
  end
  for _, key in ipairs(keys) do
    redis.call('zadd', key, now + args[2], args[1])
    redis.call('pexpire', key, args[2])
  end
  return 0
end

-- KEYS: counters. ARGV: for each: free attempts, milliseconds until one is forgotten, seconds of the first and of the longest wait.
-- Returns the milliseconds still to wait; 0: the attempt may begin and is counted already, so that parallel ones do not slip through.
local function begin_attempt(keys, args)
  local now = now_millis()
  local wait, counts = 0, {}
  for i, key in ipairs(keys) do
    local v, every = redis.call('hmget', key, 'n', 'at', 'till'), tonumber(args[i * 4 - 2])
    local n, at = tonumber(v[1]) or 0, tonumber(v[2]) or now
    local gone = math.floor((now - at) / every)
    if gone >= n then n, at = 0, now else n, at = n - gone, at + gone * every end
    counts[i] = { n, at }
    wait = math.max(wait, (tonumber(v[3]) or 0) - now)
  end
  if wait > 0 then return wait end
  for i, key in ipairs(keys) do
    local free, every = tonumber(args[i * 4 - 3]), tonumber(args[i * 4 - 2])
    local first, longest = tonumber(args[i * 4 - 1]), tonumber(args[i * 4])
    local n, till = counts[i][1] + 1, 0
    if n >= free then till = now + math.min(first * 2 ^ math.min(n - free, 30), longest) * 1000 end
    redis.call('hset', key, 'n', n, 'at', counts[i][2], 'till', till)
    redis.call('expire', key, math.ceil(n * every / 1000) + longest)
  end
  return 0
end

-- KEYS: counters. Takes one failure back from each.
local function undo_attempt(keys)
  for _, key in ipairs(keys) do
    if redis.call('exists', key) == 1 then
      if redis.call('hincrby', key, 'n', -1) <= 0 then redis.call('del', key) else redis.call('hset', key, 'till', 0) end
    end
  end
  return 0
end

-- KEYS: a circuit breaker. ARGV: milliseconds that one caller has for its attempt while the breaker is half open.
-- Returns the milliseconds until a call may be tried; 0: now. Half open, one caller gets 0 and the others wait.
local function ask_breaker(keys, args)
  local v, now = redis.call('hmget', keys[1], 'till', 'probe'), now_millis()
  local till, probe = tonumber(v[1]) or 0, tonumber(v[2]) or 0
  if till == 0 then return 0 end
  if now < math.max(till, probe) then return math.max(till, probe) - now end
  redis.call('hset', keys[1], 'probe', now + args[1])
  return 0
end

-- KEYS: a circuit breaker. ARGV: 1 if the call failed, milliseconds of the window, failures that open it if they are more than half of the calls,
-- milliseconds that it is open at first and at most. Returns the milliseconds for which this call opened it, or 0.
local function report_to_breaker(keys, args)
  local key, now, failed = keys[1], now_millis(), tonumber(args[1])
  local window, least, first, longest = tonumber(args[2]), tonumber(args[3]), tonumber(args[4]), tonumber(args[5])
  local v = redis.call('hmget', key, 'since', 'calls', 'failures', 'till', 'opened')
  local since, calls, failures = tonumber(v[1]) or now, tonumber(v[2]) or 0, tonumber(v[3]) or 0
  local till, opened = tonumber(v[4]) or 0, tonumber(v[5]) or 0
  -- Open: what was sent before says nothing new.
  if now < till then return 0 end
  if till > 0 and failed == 0 then
    redis.call('del', key)
    return 0
  end
  if now - since > window then since, calls, failures = now, 0, 0 end
  calls, failures = calls + 1, failures + failed
  local wait = 0
  if till > 0 or (failures >= least and failures * 2 > calls) then
    wait = math.min(first * 2 ^ math.min(opened, 20), longest)
    opened, till = opened + 1, now + wait
  end
  redis.call('hset', key, 'since', since, 'calls', calls, 'failures', failures, 'till', till, 'opened', opened, 'probe', 0)
  redis.call('expire', key, math.ceil((window + longest) / 1000))
  return wait
end

redis.register_function('tessera_append', append)
redis.register_function('tessera_append_answer', append_answer)
redis.register_function('tessera_take_lease', take_lease)
redis.register_function('tessera_begin_attempt', begin_attempt)
redis.register_function('tessera_undo_attempt', undo_attempt)
redis.register_function('tessera_ask_breaker', ask_breaker)
redis.register_function('tessera_report_to_breaker', report_to_breaker)
