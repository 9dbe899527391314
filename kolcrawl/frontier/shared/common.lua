-- The beginning of every script. KEYS[1] is "{crawl}:about"; ARGV: now (ms; empty for Redis's own clock), id of the
-- crawl, id of the worker. The other keys share the hash slot of KEYS[1]; `shared/__init__.py` says what they hold.
local call = redis.call
local now = tonumber(ARGV[1])
if not now then
  local time = call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local crawl, worker = ARGV[2], ARGV[3]
local base = string.sub(KEYS[1], 1, -6)
local P = base .. crawl .. ':'
local FP = 12 -- bytes of a fingerprint
local DEADLY = 3 -- kills of a worker after which a request is a dead letter

local function is_gone()
  return call('HGET', KEYS[1], 'id') ~= crawl
end

local byte, sub = string.byte, string.sub
local low, high = P .. 's:a', P .. 's:b'

local function seen_key(fp)
  return (byte(fp, 3) < 128 and low or high) .. sub(fp, 1, 2) -- 131,072 hashes: so short that Redis packs them
end

local function count(name, by)
  call('HINCRBY', P .. 'stats', name, by or 1)
end

-- held[id] = token, score, hold, host. Hold: 1 the host waits for this request's answer, 0 no more, - it never did (and
-- no page was paid for). The host comes last, since it may hold anything.
local function lease_of(id)
  local held = call('HGET', P .. 'held', id)
  if not held then return nil end
  return string.match(held, '^(%S+) (%S+) ([01-]) (.*)$')
end

local function write_lease(id, token, score, holds, host)
  call('HSET', P .. 'held', id, table.concat({token, score, holds, host}, ' '))
end

local function forget_lease(id)
  call('HDEL', P .. 'held', id)
  call('ZREM', P .. 'leases', id)
end

-- Puts a request into the queue of its host, which may be asked again `rest` ms from now if it was held for this one.
local function requeue(id, host, score, holds, rest)
  call('ZADD', P .. 'q:' .. host, score, id)
  call('ZADD', P .. 'due', holds == '1' and 'XX' or 'NX', now + rest, host)
end

-- Takes a host away from its worker: the next one that asks may have it.
local function disown(host, owner)
  call('HDEL', P .. 'owner', host)
  if call('HEXISTS', P .. 'owns', owner) == 1 then call('HINCRBY', P .. 'owns', owner, -1) end
  call('ZADD', P .. 'free', 'NX', now, host)
end

local function refund(id, host)
  if #id == FP and call('HEXISTS', P .. 'spent', '') == 1 and call('HEXISTS', P .. 'tries', id) == 0 then
    call('HINCRBY', P .. 'spent', '', -1)
    call('HINCRBY', P .. 'spent', 's' .. (call('HGET', P .. 'site', host) or ''), -1)
  end
end

local function bury(id, host, score, reason)
  local payload = call('HGET', P .. 'r', id) or ''
  call('HSET', P .. 'dead', id, table.concat({reason, string.format('%.0f', now), score, host, payload}, '\n'))
  count('dead')
end

-- Returns a request that was not made to its queue, and its page to the budget.
local function give_back(id, score, holds, host, rest)
  forget_lease(id)
  if holds ~= '-' then refund(id, host) end
  requeue(id, host, score, holds, rest)
  count('given_back')
end
