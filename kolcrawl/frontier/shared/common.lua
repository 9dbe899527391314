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

local byte, char, find, sub = string.byte, string.char, string.find, string.sub
local floor, concat, format = math.floor, table.concat, string.format

-- Writes a whole number: Redis's own way, by seventeen digits, takes several times as long.
local function whole(number)
  return format('%d', number)
end

-- Calls a command with any number of values, in pieces that Lua's stack can hold.
local function call_with(values, command, key, first)
  local n = #values
  if n == 0 then return end
  if n <= 1000 and not first then return call(command, key, unpack(values)) end
  for at = 1, n, 1000 do
    local last = math.min(at + 999, n)
    if first then call(command, key, first, unpack(values, at, last)) else call(command, key, unpack(values, at, last)) end
  end
end

-- What was asked for: 131,072 strings of records, each ten bytes of a fingerprint and one byte, 2 * depth + 1 if it was
-- read. A page names dozens of stories, and one MGET brings their strings.
local RECORD, PACKED = FP - 1, 256 -- bytes; strings up to PACKED are written whole, many at once
local low, high = P .. 's:a', P .. 's:b'
local strings, keys_of_strings, changed, numbers, numbered, loaded = {}, {}, {}, {}, 0, 0
local marks = {} -- number of a record -> its last byte

-- Returns the number that the string has here which has the record of a fingerprint, or another one. Its text comes with
-- `load_seen`, or when it is looked into.
local function string_of(fp, key)
  key = key or (byte(fp, 3) < 128 and low or high) .. sub(fp, 1, 2)
  local number = numbers[key]
  if not number then
    number = numbered + 1
    numbered, numbers[key], keys_of_strings[number] = number, number, key
  end
  return number
end

-- Reads all strings that have got a number since.
local function load_seen()
  for at = loaded + 1, numbered, 1000 do
    local found = call('MGET', unpack(keys_of_strings, at, math.min(at + 999, numbered)))
    if at == 1 then
      strings = found
    else
      for i = 1, #found do strings[at + i - 1] = found[i] end
    end
  end
  loaded = numbered
end

-- Returns what is known of a fingerprint, nil for nothing, where its record begins, and the number of its string.
local function seen_of(fp, number)
  number = number or string_of(fp)
  if number > loaded then load_seen() end
  local text = strings[number]
  if not text then return nil, nil, number end
  local name = sub(fp, 3)
  local at = find(text, name, 1, true)
  while at and (at - 1) % RECORD ~= 0 do at = find(text, name, at + 1, true) end
  return at and byte(text, at + RECORD - 1), at, number
end

-- Notes what is known of a fingerprint at the place that `seen_of` told. To be followed by `save_seen`.
local function note_seen(fp, seen, at, number)
  local text, mark = strings[number] or '', marks[seen]
  if not mark then
    mark = char(seen)
    marks[seen] = mark
  end
  if not at then
    text = text .. sub(fp, 3) .. mark
  else
    text = sub(text, 1, at + RECORD - 2) .. mark .. sub(text, at + RECORD)
  end
  strings[number] = text
  if #text <= PACKED or changed[number] then
    changed[number] = true
  elseif at then
    call('SETRANGE', keys_of_strings[number], at + RECORD - 2, mark)
  else
    call('APPEND', keys_of_strings[number], sub(text, -RECORD))
  end
end

local function save_seen()
  local values, n = {}, 0
  for number = 1, numbered do
    if changed[number] then
      values[n + 1], values[n + 2] = keys_of_strings[number], strings[number]
      n = n + 2
    end
  end
  changed = {}
  for at = 1, n, 1000 do call('MSET', unpack(values, at, math.min(at + 999, n))) end
end

-- held[id] = token, score, hold, host. Hold: 1 the host waits for this request's answer, 0 no more, - it never did (and
-- no page was paid for). The host comes last, since it may hold anything.
local held, written, forgotten = {}, {}, {}

local function load_leases(ids)
  for at = 1, #ids, 1000 do
    for i, lease in ipairs(call('HMGET', P .. 'held', unpack(ids, at, math.min(at + 999, #ids)))) do
      held[ids[at + i - 1]] = lease
    end
  end
end

local function lease_of(id)
  local lease = held[id]
  if lease == nil then
    lease = call('HGET', P .. 'held', id)
    held[id] = lease
  end
  if not lease then return nil end
  return string.match(lease, '^(%S+) (%S+) ([01-]) (.*)$')
end

-- These two are to be followed by `save_leases`.
local function write_lease(id, token, score, holds, host)
  held[id] = concat({token, score, holds, host}, ' ')
  written[id], forgotten[id] = true, nil
end

local function forget_lease(id)
  held[id] = false
  written[id], forgotten[id] = nil, true
end

local function save_leases()
  local values, ids = {}, {}
  for id in pairs(written) do
    values[#values + 1] = id
    values[#values + 1] = held[id]
  end
  for id in pairs(forgotten) do ids[#ids + 1] = id end
  call_with(values, 'HSET', P .. 'held')
  call_with(ids, 'HDEL', P .. 'held')
  call_with(ids, 'ZREM', P .. 'leases')
  written, forgotten = {}, {}
end

-- What is seldom needed, made when it is: to make a function takes as long as to call one.
local seldom
local function rare()
  if seldom then return seldom end
  seldom = {}

  function seldom.count(name, by)
    call('HINCRBY', P .. 'stats', name, by or '1')
  end

  -- Puts a request into the queue of its host, which may be asked again `rest` ms from now if it was held for this one.
  function seldom.requeue(id, host, score, holds, rest)
    call('ZADD', P .. 'q:' .. host, score, id)
    call('ZADD', P .. 'due', holds == '1' and 'XX' or 'NX', whole(now + rest), host)
  end

  -- Takes a host away from its worker: the next one that asks may have it.
  function seldom.disown(host, owner)
    call('HDEL', P .. 'owner', host)
    if call('HEXISTS', P .. 'owns', owner) == 1 then call('HINCRBY', P .. 'owns', owner, -1) end
    call('ZADD', P .. 'free', 'NX', whole(now), host)
  end

  -- Counts a death or failure. Returns: how many there are.
  function seldom.count_try(id)
    call('HSET', KEYS[1], 'deadly', '1') -- `tries` is worth a look from now on
    return call('HINCRBY', P .. 'tries', id, 1)
  end

  function seldom.refund(id, host)
    if #id == FP and call('HEXISTS', P .. 'spent', '') == 1 and call('HEXISTS', P .. 'tries', id) == 0 then
      call('HINCRBY', P .. 'spent', '', -1)
      call('HINCRBY', P .. 'spent', 's' .. (call('HGET', P .. 'site', host) or ''), -1)
    end
  end

  function seldom.bury(id, host, score, reason)
    local payload = call('HGET', P .. 'r', id) or ''
    call('HSET', P .. 'dead', id, concat({reason, whole(now), score, host, payload}, '\n'))
    seldom.count('dead')
  end

  -- Returns a request that was not made to its queue, and its page to the budget.
  function seldom.give_back(id, score, holds, host, rest)
    forget_lease(id)
    if holds ~= '-' then seldom.refund(id, host) end
    seldom.requeue(id, host, score, holds, rest)
    seldom.count('given_back')
  end
  return seldom
end
