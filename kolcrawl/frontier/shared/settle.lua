-- Does in order what a worker has to say, in one step. Values from `first`: number of this batch, whether it is to be done
-- though earlier ones are missing, `seq` when the worker asked what is known, then up to `final` for each operation its
-- letter and its values. A batch whose answer was lost is sent again and not done twice; where Redis has lost batches, the
-- worker is asked for them, and where it has lost what the worker was told that it knows, for all of this one.
-- Answers: state, requests added, requests that were there before, leases that had been lost; or 'behind' and a number.
local id_now, last, deadly, acknowledged_before =
  unpack(call('HMGET', KEYS[1], 'id', 'batch ' .. worker, 'deadly', 'acknowledged'))
if id_now ~= crawl then return {'gone'} end
local batch = tonumber(ARGV[first])
last = tonumber(last or 0)
if last >= batch then return {'open', 0, 0, 0} end

-- Places of the operations, the fingerprints that they are about, and the numbers of their strings (0: not looked into).
local takes = {H = 4, A = 7, B = 4, F = 4, D = 4, K = 3, S = 2, Z = 1}
local PUSH, AGAIN = 80, 82 -- P, R
local places, fps, string_at, n = {}, {}, {}, 0
local ids, ids_n, at = {}, 0, first + 3
local seq_at = string_of(nil, P .. 'seq')
while at <= final do
  local word, fp, number = ARGV[at], false, 0
  local letter = byte(word)
  n = n + 1
  places[n] = at
  if letter == PUSH or letter == AGAIN then
    fp = sub(word, 3, 2 + FP)
    if letter == PUSH then number = string_of(fp) end
    at = at + 2
  else
    if word == 'A' or word == 'K' then
      fp = sub(ARGV[at + 1], 1, FP)
      number = string_of(fp)
    end
    if takes[word] > 3 then
      ids_n = ids_n + 1
      ids[ids_n] = ARGV[at + 1]
    end
    at = at + takes[word]
  end
  fps[n], string_at[n] = fp, number
end
load_seen()
local seq_before = tonumber(strings[seq_at]) or 0
if (last < batch - 1 or seq_before < tonumber(ARGV[first + 2])) and ARGV[first + 1] ~= '1' then return {'behind', last} end
load_leases(ids)
local seq, added, known, lost, acknowledged = seq_before, 0, 0, 0, 0

-- What is noted here is written by `save`, many values a call: requests and ids that are done; for each host its number,
-- score and id of its first request, those of the others, and the word that names its site; and when hosts are due.
local texts, texts_n, done, rested = {}, 0, {}, {}
local hosts, hosts_n, number_of, scores, firsts, others, word_of = {}, 0, {}, {}, {}, {}, {}

-- Adds a request. Its word tells the site of its host; there is none for the requests of no host.
local function add(id, host, priority, payload, word)
  texts[texts_n + 1], texts[texts_n + 2] = id, payload
  texts_n, seq, added = texts_n + 2, seq + 1, added + 1
  local score = format('%d', seq - priority * 4294967296) -- the older first among equals
  local number = number_of[host]
  if not number then
    hosts_n = hosts_n + 1
    number_of[host], hosts[hosts_n], word_of[hosts_n] = hosts_n, host, word
    scores[hosts_n], firsts[hosts_n] = score, id
  else
    local queue = others[number] or {scores[number], firsts[number]}
    queue[#queue + 1], queue[#queue + 2] = score, id
    others[number] = queue
  end
end

local function save_queues()
  for i = 1, hosts_n do
    local key = P .. 'q:' .. hosts[i]
    if others[i] then call_with(others[i], 'ZADD', key) else call('ZADD', key, scores[i], firsts[i]) end
  end
end

-- Gives hosts that wait for nothing a clock, and those that nobody has to whoever asks.
local function save_hosts()
  local due, moment = {}, whole(now)
  for i = 1, hosts_n do due[2 * i - 1], due[2 * i] = moment, hosts[i] end
  local new = 0
  for from = 1, #due, 1000 do
    new = new + call('ZADD', P .. 'due', 'NX', unpack(due, from, math.min(from + 999, #due)))
  end
  if new == 0 then return end
  local sites, named, free = {}, {}, {}
  for i = 1, hosts_n do
    local host = hosts[i]
    if host ~= '' then
      named[#named + 1] = host
      sites[#sites + 1], sites[#sites + 2] = host, sub(word_of[i], 7 + FP + #host)
    end
  end
  if #named == 0 then return end
  call_with(sites, 'HSET', P .. 'site')
  for from = 1, #named, 1000 do
    local owners = call('HMGET', P .. 'owner', unpack(named, from, math.min(from + 999, #named)))
    for i = 1, #owners do
      if not owners[i] then free[#free + 1], free[#free + 2] = moment, named[from + i - 1] end
    end
  end
  call_with(free, 'ZADD', P .. 'free', 'NX')
end

local function save()
  if seq > seq_before then strings[seq_at], changed[seq_at] = whole(seq), true end
  save_seen()
  save_leases()
  call_with(texts, 'HSET', P .. 'r')
  if hosts_n > 0 then save_hosts() end
  save_queues()
  call_with(rested, 'ZADD', P .. 'due', 'XX')
  call_with(done, 'HDEL', P .. 'r')
  if deadly then call_with(done, 'HDEL', P .. 'tries') end
  acknowledged = whole(acknowledged + (acknowledged_before or 0))
  call('HSET', KEYS[1], 'batch ' .. worker, ARGV[first], 'acknowledged', acknowledged)
end

local function follow_again(fp, depth, payload)
  if payload then add(fp .. 'f' .. depth, '', 1000, payload) end
end

-- P: a request. In one value the letter, a byte for the depth, the fingerprint, two bytes each for the priority and the
-- length of the host, host and site; then its text. A nearer way to a story that was read is followed. R: a request that
-- is made again (retry, redirect), which is never left out.
local function push(fp, number, word, payload)
  if number > 0 then
    local seen, at = seen_of(fp, number)
    local depth = byte(word, 2)
    if seen then
      known = known + 1
      if depth >= floor(seen / 2) then return end
      note_seen(fp, depth * 2 + seen % 2, at, number)
      if seen % 2 == 1 then follow_again(fp, depth, payload) end
      return
    end
    note_seen(fp, depth * 2, nil, number)
  end
  local more, less, long, short = byte(word, 3 + FP, 6 + FP)
  local host = sub(word, 7 + FP, 6 + FP + long * 256 + short)
  add(number > 0 and fp or fp .. format('%x', seq + 1), host, more * 256 + less - 32768, payload, word)
end

-- A: processed. id, token, host, depth that its links were followed from, whether its page goes back to the budget, and
-- rest of its host as by H (empty if that was said before). The lease may have been lost: then the word stands if nobody
-- else has the request now.
local function finish(fp, number, id, token, host, depth, back, rest)
  local own, _, holds = lease_of(id)
  if own ~= token then lost = lost + 1 end
  if own and own ~= token then return end
  if not own and call('HEXISTS', P .. 'r', id) == 0 then return end
  local seen, at = seen_of(fp, number)
  seen = seen or 0
  local least = floor(seen / 2)
  if least < tonumber(depth) then follow_again(fp, least, call('HGET', P .. 'r', id)) end
  done[#done + 1] = id
  if own then
    forget_lease(id)
    if rest ~= '' and holds == '1' then rested[#rested + 1], rested[#rested + 2] = whole(now + rest), host end
    if back == '1' and holds ~= '-' then rare().refund(id, host) end
  else
    call('ZREM', P .. 'q:' .. host, id)
  end
  if seen % 2 == 0 then note_seen(fp, least * 2 + 1, at, number) end
  acknowledged = acknowledged + 1
end

local does

-- Words that are seldom said; to make a function takes as long as to call one.
local function learn_seldom_words()
  does = {}

  -- H: the answer is there, and the host may be asked again `rest` ms from now. id, token, rest.
  function does.H(id, token, rest)
    local own, score, holds, host = lease_of(id)
    if own ~= token or holds ~= '1' then return end
    write_lease(id, token, score, '0', host)
    rested[#rested + 1], rested[#rested + 2] = whole(now + rest), host
  end

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
    local seen, at, number = seen_of(fp)
    local least = math.min(seen and floor(seen / 2) or tonumber(depth), tonumber(depth))
    if least < tonumber(depth) and seen % 2 == 0 then
      local payload = call('HGET', P .. 'r', fp)
      for i = 1, texts_n, 2 do
        if texts[i] == fp then payload = texts[i + 1] end
      end
      follow_again(fp, least, payload)
    end
    note_seen(fp, least * 2 + 1, at, number)
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

for i = 1, n do
  local place, fp = places[i], fps[i]
  local word = ARGV[place]
  if word == 'A' then
    finish(fp, string_at[i], unpack(ARGV, place + 1, place + 6))
  elseif fp and word ~= 'K' then
    push(fp, string_at[i], word, ARGV[place + 1])
  else
    (does or learn_seldom_words())[word](unpack(ARGV, place + 1, place + takes[word] - 1))
  end
end
save()
return {'open', added, known, lost}
