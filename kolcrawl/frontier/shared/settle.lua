-- Does in order what a worker has to say, in one step. ARGV from 4: number of this batch, whether it is to be done though
-- earlier ones are missing, `seq` when the worker asked what is known, then for each operation its letter and its values.
-- A batch whose answer was lost is sent again and not done twice; where Redis has lost batches, the worker is asked for
-- them, and where it has lost what the worker was told that it knows, for all of this one.
-- Answers: state, requests added, requests that were there before, leases that had been lost, then the depth for each L;
-- or 'behind' and a number.
local id_now, last, deadly, acknowledged_before =
  unpack(call('HMGET', KEYS[1], 'id', 'batch ' .. worker, 'deadly', 'acknowledged'))
if id_now ~= crawl then return {'gone'} end
local batch = tonumber(ARGV[4])
last = tonumber(last or 0)
if last >= batch then return {'open', 0, 0, 0} end

local takes = {P = 3, R = 3, H = 4, A = 6, B = 4, F = 4, D = 4, K = 3, L = 2, S = 2, Z = 1}
local words, fps, ids, at = {}, {}, {}, 7
while ARGV[at] do
  local letter = sub(ARGV[at], 1, 1)
  words[#words + 1] = at
  if letter == 'P' then
    fps[#fps + 1] = sub(ARGV[at], 3)
  elseif letter == 'K' or letter == 'L' or takes[letter] > 3 then
    fps[#fps + 1] = sub(ARGV[at + 1], 1, FP)
    if takes[letter] > 3 then ids[#ids + 1] = ARGV[at + 1] end
  end
  at = at + takes[letter]
end
local seq_key = P .. 'seq'
load_seen(fps, seq_key)
local seq_before = tonumber(buckets[seq_key]) or 0
if (last < batch - 1 or seq_before < tonumber(ARGV[6])) and ARGV[5] ~= '1' then return {'behind', last} end
load_leases(ids)
local seq, added, known, lost, acknowledged = seq_before, 0, 0, 0, 0
local depths = {}

-- What is noted here is written by `save`, many values a call: requests and ids that are done, the queues by host, and
-- when hosts are due.
local texts, text_of, done, queues, hosts, site_of = {}, {}, {}, {}, {}, {}
local rested = {}

local function add(id, host, site, priority, payload)
  texts[#texts + 1], texts[#texts + 2], text_of[id] = id, payload, payload
  local queue = queues[host]
  if not queue then
    queue = {}
    queues[host], hosts[#hosts + 1], site_of[host] = queue, host, site
  end
  seq = seq + 1
  queue[#queue + 1], queue[#queue + 2] = whole(-priority * 4294967296 + seq), id -- the older first among equals
  added = added + 1
end

-- Gives hosts that wait for nothing a clock, and those that nobody has to whoever asks.
local function save_hosts()
  local due, new, sites, free = {}, {}, {}, {}
  for i, at in ipairs(call('ZMSCORE', P .. 'due', unpack(hosts))) do
    local host = hosts[i]
    if not at then
      due[#due + 1], due[#due + 2] = whole(now), host
      if host ~= '' then
        new[#new + 1] = host
        sites[#sites + 1], sites[#sites + 2] = host, site_of[host]
      end
    end
  end
  call_with(due, 'ZADD', P .. 'due')
  if #new == 0 then return end
  call_with(sites, 'HSET', P .. 'site')
  for i, owner in ipairs(call('HMGET', P .. 'owner', unpack(new))) do
    if not owner then free[#free + 1], free[#free + 2] = whole(now), new[i] end
  end
  call_with(free, 'ZADD', P .. 'free', 'NX')
end

local function save()
  if seq > seq_before then buckets[seq_key], changed[seq_key] = whole(seq), true end
  save_seen()
  save_leases()
  call_with(texts, 'HSET', P .. 'r')
  if #hosts > 0 then save_hosts() end
  for host, queue in pairs(queues) do call_with(queue, 'ZADD', P .. 'q:' .. host) end
  call_with(rested, 'ZADD', P .. 'due', 'XX')
  call_with(done, 'HDEL', P .. 'r')
  if deadly then call_with(done, 'HDEL', P .. 'tries') end
  acknowledged = whole(acknowledged + (acknowledged_before or 0))
  call('HSET', KEYS[1], 'batch ' .. worker, ARGV[4], 'acknowledged', acknowledged)
end

local function follow_again(fp, depth, payload)
  if payload then add(fp .. 'f' .. depth, '', '', 1000, payload) end
end

local does = {}

-- P: a request. The letter, a byte for the depth and the fingerprint in one value, then host, site and priority by lines,
-- and its text. A nearer way to a story that was read is followed. R: a request that is made again (retry, redirect),
-- which is never left out.
local function push(word, place, payload)
  local kind, depth = byte(word, 1, 2)
  local fp, again = sub(word, 3), kind == 82
  if not again then
    local seen, at, key = seen_of(fp)
    if seen then
      known = known + 1
      if depth >= floor(seen / 2) then return end
      note_seen(fp, depth * 2 + seen % 2, at, key)
      if seen % 2 == 1 then follow_again(fp, depth, payload) end
      return
    end
    note_seen(fp, depth * 2, nil, key)
  end
  local host, site, priority = string.match(place, '^([^\n]*)\n([^\n]*)\n([^\n]*)$')
  add(again and fp .. format('%x', seq + 1) or fp, host, site, tonumber(priority), payload)
end

-- L: the least depth of a story, as known by now, is asked for. fingerprint.
function does.L(fp)
  local seen = seen_of(fp)
  depths[#depths + 1] = seen and floor(seen / 2) or -1
end

-- H: the answer is there, and the host may be asked again `rest` ms from now. id, token, rest.
function does.H(id, token, rest)
  local own, score, holds, host = lease_of(id)
  if own ~= token or holds ~= '1' then return end
  write_lease(id, token, score, '0', host)
  rested[#rested + 1], rested[#rested + 2] = whole(now + rest), host
end

-- A: processed. id, token, host, depth that its links were followed from, whether its page goes back to the budget.
-- The lease may have been lost: then the word stands if nobody else has the request now.
function does.A(id, token, host, depth, back)
  local own, _, holds = lease_of(id)
  if own ~= token then lost = lost + 1 end
  if own and own ~= token then return end
  if not own and call('HEXISTS', P .. 'r', id) == 0 then return end
  local fp = sub(id, 1, FP)
  local seen, at, key = seen_of(fp)
  seen = seen or 0
  local least = floor(seen / 2)
  if least < tonumber(depth) then follow_again(fp, least, call('HGET', P .. 'r', id)) end
  done[#done + 1] = id
  if own then
    forget_lease(id)
    if back == '1' and holds ~= '-' then rare().refund(id, host) end
  else
    call('ZREM', P .. 'q:' .. host, id)
  end
  if seen % 2 == 0 then note_seen(fp, least * 2 + 1, at, key) end
  acknowledged = acknowledged + 1
end

-- Words that are seldom said; to make a function takes as long as to call one.
local function learn_seldom_words()
  -- B: given back, not made. id, token, rest of its host.
  function does.B(id, token, rest)
    local own, score, holds, host = lease_of(id)
    if own == token then rare().give_back(id, score, holds, host, tonumber(rest)) end
  end

  -- F: the spider or a pipeline failed on it. id, token, reason. It is tried again, and a dead letter in the end.
  function does.F(id, token, reason)
    local own, score, holds, host = lease_of(id)
    if own ~= token then return end
    forget_lease(id)
    deadly = '1'
    if rare().count_try(id) < DEADLY then
      rare().requeue(id, host, score, holds, 0)
    else
      rare().bury(id, host, score, reason)
      done[#done + 1] = id
    end
  end

  -- D: a dead letter at once: it cannot be read. id, token, reason.
  function does.D(id, token, reason)
    local own, score, holds, host = lease_of(id)
    if own ~= token then return end
    forget_lease(id)
    rare().bury(id, host, score, reason)
    done[#done + 1] = id
    if holds == '1' then call('ZADD', P .. 'due', 'XX', whole(now), host) end
  end

  -- K: a story was read and stored under this key, too. fingerprint, depth that its links were followed from. A nearer way
  -- to a request of this key that still waits is followed, since it will not be made.
  function does.K(fp, depth)
    local seen, at, key = seen_of(fp)
    local least = math.min(seen and floor(seen / 2) or tonumber(depth), tonumber(depth))
    if least < tonumber(depth) and seen % 2 == 0 then
      follow_again(fp, least, text_of[fp] or call('HGET', P .. 'r', fp))
    end
    note_seen(fp, least * 2 + 1, at, key)
  end

  -- S: what a seed is about, for all workers. text.
  function does.S(text)
    if call('LLEN', P .. 'seeds') < 50 then call('RPUSH', P .. 'seeds', text) end
  end

  -- Z: the seeds are in.
  function does.Z()
    call('HSET', KEYS[1], 'seeded', 1)
  end
  return does
end

for _, from in ipairs(words) do
  local word = ARGV[from]
  local letter = sub(word, 1, 1)
  if letter == 'P' or letter == 'R' then
    push(word, ARGV[from + 1], ARGV[from + 2])
  else
    local act = does[letter] or learn_seldom_words()[letter]
    act(unpack(ARGV, from + 1, from + takes[letter] - 1))
  end
end
save()
return {'open', added, known, lost, unpack(depths)}
