-- Does in order what a worker has to say, in one step. ARGV from 4: number of this batch, whether it is to be done though
-- earlier ones are missing, then for each operation its letter and its values. A batch whose answer was lost is sent again
-- and not done twice; where Redis has lost batches, the worker is asked for them.
-- Answers: state, requests added, requests that were there before, leases that had been lost; or 'behind' and a number.
local id_now, seq = unpack(call('HMGET', KEYS[1], 'id', 'seq'))
if id_now ~= crawl then return {'gone'} end
seq = tonumber(seq or 0)
local batch = tonumber(ARGV[4])
local last = tonumber(call('HGET', P .. 'batch', worker) or 0)
if last >= batch then return {'open', 0, 0, 0} end
if last < batch - 1 and ARGV[5] ~= '1' then return {'behind', last} end
call('HSET', P .. 'batch', worker, batch)
local added, known, lost, acknowledged = 0, 0, 0, 0
local deadly = call('EXISTS', P .. 'tries') == 1

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

-- P: a request. The letter, a byte for the depth and the fingerprint in one value, then host, site, priority and text, by
-- lines: most links are known, and nothing more of them need be looked at. A nearer way to a story that was read is
-- followed. R: a request that is made again (retry, redirect), which is never left out.
local function push(word, rest)
  local kind, depth = byte(word, 1, 2)
  local fp, again = sub(word, 3), kind == 82
  if not again then
    local key = seen_key(fp)
    local seen = call('HGET', key, fp)
    if seen then
      known = known + 1
      if depth >= math.floor(seen / 2) then return end
      call('HSET', key, fp, depth * 2 + seen % 2)
      if seen % 2 == 1 then follow_again(fp, depth, string.match(rest, '^[^\n]*\n[^\n]*\n[^\n]*\n(.*)$')) end
      return
    end
    call('HSET', key, fp, depth * 2)
  end
  local host, site, priority, payload = string.match(rest, '^([^\n]*)\n([^\n]*)\n([^\n]*)\n(.*)$')
  add(again and fp .. string.format('%x', seq + 1) or fp, host, site, tonumber(priority), payload)
end
does.P, does.R = push, push

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
  if own ~= token then lost = lost + 1 end
  if own and own ~= token then return end
  local fp = string.sub(id, 1, FP)
  local key = seen_key(fp)
  local seen = tonumber(call('HGET', key, fp) or 0)
  local least = math.floor(seen / 2)
  local nearer = least < tonumber(depth)
  local payload = nearer and call('HGET', P .. 'r', id)
  if call('HDEL', P .. 'r', id) == 0 then return end
  if own then
    forget_lease(id)
    if back == '1' and holds ~= '-' then refund(id, host) end
  else
    call('ZREM', P .. 'q:' .. host, id)
  end
  if nearer then follow_again(fp, least, payload) end
  if seen % 2 == 0 then call('HSET', key, fp, least * 2 + 1) end
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
function does.S(_, text)
  if call('LLEN', P .. 'seeds') < 50 then call('RPUSH', P .. 'seeds', text) end
end

-- Z: the seeds are in.
function does.Z()
  call('HSET', KEYS[1], 'seeded', 1)
end

local takes = {P = 2, R = 2, H = 4, A = 6, B = 4, F = 4, D = 4, K = 3, S = 2, Z = 1}
local at = 6
while ARGV[at] do
  local word = ARGV[at]
  local letter = string.sub(word, 1, 1)
  if takes[letter] == 2 then
    does[letter](word, ARGV[at + 1])
  else
    does[letter](unpack(ARGV, at + 1, at + takes[letter] - 1))
  end
  at = at + takes[letter]
end
if added > 0 then call('HSET', KEYS[1], 'seq', seq) end
if acknowledged > 0 then count('acknowledged', acknowledged) end
return {'open', added, known, lost}
