-- Does in order what a worker has to say, in one step. ARGV from 4: number of this batch, whether it is to be done though
-- earlier ones are missing, then for each operation its letter and its values. A batch whose answer was lost is sent again
-- and not done twice; where Redis has lost batches, the worker is asked for them.
-- Answers: state, requests added, requests that were there before, leases that had been lost; or 'behind' and a number.
if is_gone() then return {'gone'} end
local batch = tonumber(ARGV[4])
local last = tonumber(call('HGET', P .. 'batch', worker) or 0)
if last >= batch then return {'open', 0, 0, 0} end
if last < batch - 1 and ARGV[5] ~= '1' then return {'behind', last} end
call('HSET', P .. 'batch', worker, batch)
local added, known, lost, acknowledged = 0, 0, 0, 0
local deadly = call('EXISTS', P .. 'tries') == 1

local seq = tonumber(call('HGET', KEYS[1], 'seq') or 0)

local function add(id, host, site, priority, payload)
  call('HSET', P .. 'r', id, payload)
  if call('ZADD', P .. 'due', 'NX', now, host) == 1 and host ~= '' then
    call('HSET', P .. 'site', host, site)
    if call('HEXISTS', P .. 'owner', host) == 0 then call('ZADD', P .. 'free', 'NX', now, host) end
  end
  seq = seq + 1
  call('ZADD', P .. 'q:' .. host, -priority * 4294967296 + seq, id) -- the older first among equals
  added = added + 1
end

local function follow_again(fp, depth, payload)
  add(fp .. 'f' .. depth, '', '', 1000, payload)
end

local does = {}

-- P: a request. fingerprint, host, site, priority, depth, text. A nearer way to a story that was read is followed.
function does.P(fp, host, site, priority, depth, payload)
  depth = tonumber(depth)
  local key = seen_key(fp)
  local seen = tonumber(call('HGET', key, fp) or nil)
  if not seen then
    call('HSET', key, fp, depth * 2)
    add(fp, host, site, tonumber(priority), payload)
    return
  end
  known = known + 1
  if depth < math.floor(seen / 2) then
    call('HSET', key, fp, depth * 2 + seen % 2)
    if seen % 2 == 1 then follow_again(fp, depth, payload) end
  end
end

-- R: a request that is made again (retry, redirect), with the values of P: never left out.
function does.R(fp, host, site, priority, depth, payload)
  add(fp .. string.format('%x', seq + 1), host, site, tonumber(priority), payload)
end

-- H: the answer is there, and the host may be asked again `rest` ms from now. id, token, rest.
function does.H(id, token, rest)
  local own, score, holds, host = lease_of(id)
  if own ~= token or holds ~= '1' then return end
  write_lease(id, token, score, '0', host)
  call('ZADD', P .. 'due', 'XX', now + rest, host)
end

-- A: processed. id, token, host, depth that its links were followed from, whether its page goes back to the budget.
-- The lease may have been lost: then the word stands if nobody else has the request now.
function does.A(id, token, host, depth, back)
  local own, _, holds = lease_of(id)
  local payload = call('HGET', P .. 'r', id)
  if own ~= token then lost = lost + 1 end
  if own and own ~= token or not payload then return end
  if own then
    forget_lease(id)
    if back == '1' and holds ~= '-' then refund(id, host) end
  else
    call('ZREM', P .. 'q:' .. host, id)
  end
  local fp = string.sub(id, 1, FP)
  local key = seen_key(fp)
  local seen = tonumber(call('HGET', key, fp) or 0)
  local least = math.floor(seen / 2)
  if least < tonumber(depth) then follow_again(fp, least, payload) end
  if seen % 2 == 0 then call('HSET', key, fp, least * 2 + 1) end
  call('HDEL', P .. 'r', id)
  if deadly then call('HDEL', P .. 'tries', id) end
  acknowledged = acknowledged + 1
end

-- B: given back, not made. id, token, rest of its host.
function does.B(id, token, rest)
  local own, score, holds, host = lease_of(id)
  if own == token then give_back(id, score, holds, host, tonumber(rest)) end
end

-- F: the spider or a pipeline failed on it. id, token, reason. It is tried again, and a dead letter in the end.
function does.F(id, token, reason)
  local own, score, holds, host = lease_of(id)
  if own ~= token then return end
  forget_lease(id)
  deadly = true
  if call('HINCRBY', P .. 'tries', id, 1) < DEADLY then
    requeue(id, host, score, holds, 0)
  else
    bury(id, host, score, reason)
    call('HDEL', P .. 'r', id)
  end
end

-- D: a dead letter at once: it cannot be read. id, token, reason.
function does.D(id, token, reason)
  local own, score, holds, host = lease_of(id)
  if own ~= token then return end
  forget_lease(id)
  bury(id, host, score, reason)
  call('HDEL', P .. 'r', id)
  if holds == '1' then call('ZADD', P .. 'due', 'XX', now, host) end
end

-- K: a story was read under this key, too. fingerprint, depth.
function does.K(fp, depth)
  local key = seen_key(fp)
  local seen = tonumber(call('HGET', key, fp) or nil)
  local least = seen and math.min(math.floor(seen / 2), tonumber(depth)) or tonumber(depth)
  call('HSET', key, fp, least * 2 + 1)
end

-- S: what a seed is about, for all workers. text.
function does.S(text)
  if call('LLEN', P .. 'seeds') < 50 then call('RPUSH', P .. 'seeds', text) end
end

-- Z: the seeds are in.
function does.Z()
  call('HSET', KEYS[1], 'seeded', 1)
end

local takes = {P = 6, R = 6, H = 3, A = 5, B = 3, F = 3, D = 3, K = 2, S = 1, Z = 0}
local at = 6
while ARGV[at] do
  local letter = ARGV[at]
  local n = takes[letter]
  does[letter](unpack(ARGV, at + 1, at + n))
  at = at + 1 + n
end
if added > 0 then
  call('HSET', KEYS[1], 'seq', seq)
  count('added', added)
end
if acknowledged > 0 then count('acknowledged', acknowledged) end
if known > 0 then count('known', known) end
return {'open', added, known, lost}
