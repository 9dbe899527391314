-- Leases requests. Values from `first`: serial of this call, whether its answer was lost before, how many, length of a lease
-- (ms), wait before another worker's host is taken (ms), pages in all, pages a site (0: no limit), whether figures are
-- wanted, then the worker's own hosts that should be due.
-- Answers: state, ms until to ask again, pending, a list of figures (empty where they are not wanted), and six values a
-- request: id, host, depth, kills, verdict, text.
local about = KEYS[1]
local id_now, heard, grace, paused, seeded, deadly, acknowledged =
  unpack(call('HMGET', about, 'id', 'heard', 'grace', 'paused', 'seeded', 'deadly', 'acknowledged'))
if id_now ~= crawl then return {'gone'} end
local serial, lost, want, lease, steal, max_pages, per_site, wants_figures = unpack(ARGV, first, first + 7)
want, lease, steal, max_pages, per_site =
  tonumber(want), tonumber(lease), tonumber(steal), tonumber(max_pages), tonumber(per_site)
local token = worker .. '.' .. serial
local limited = max_pages > 0 or per_site > 0
local GRACE, UPKEEP, LOOKED_AT = math.min(5000, lease), 500, 4 -- ms, ms, hosts more than are wanted

if lost == '1' then
  local ids, at = call('HGET', P .. 'popped', worker) or '', 1
  while at <= #ids do
    local length = byte(ids, at)
    local id = sub(ids, at + 1, at + length)
    local own, score, holds, host = lease_of(id)
    if own == token then rare().give_back(id, score, holds, host, 0) end
    at = at + 1 + length
  end
end

-- Nobody was heard for a while: Redis was away, or all workers were. Those that live get time to renew their leases;
-- once a lease, so that workers who ask seldom do not put it off for ever.
if heard and now - heard > GRACE and (not grace or now - grace > lease) then
  grace = now + GRACE
  call('HSET', about, 'grace', whole(grace))
end
local upkeep = not heard or now - heard >= UPKEEP
if upkeep then call('HSET', about, 'heard', whole(now)) end

if upkeep and (not grace or now >= tonumber(grace)) then
  local late = call('ZRANGEBYSCORE', P .. 'leases', '-inf', whole(now), 'LIMIT', '0', '50')
  load_leases(late)
  for _, id in ipairs(late) do
    local own, score, holds, host = lease_of(id)
    if own then
      forget_lease(id)
      if holds ~= '-' then
        deadly = '1'
        if rare().count_try(id) == DEADLY then rare().bury(id, host, score, 'its worker died ' .. DEADLY .. ' times') end
      end
      rare().requeue(id, host, score, holds, 0)
      local dead = string.match(own, '^[^.]+')
      if host ~= '' and call('HGET', P .. 'owner', host) == dead then rare().disown(host, dead) end
      rare().count('expired')
    else
      call('ZREM', P .. 'leases', id)
    end
  end
  for _, name in ipairs(call('ZRANGEBYSCORE', P .. 'workers', '-inf', whole(now - 2 * lease), 'LIMIT', '0', '10')) do
    call('ZREM', P .. 'workers', name)
    call('HDEL', P .. 'who', name)
    call('HDEL', P .. 'owns', name)
    call('HDEL', about, 'batch ' .. name)
    call('HDEL', P .. 'popped', name)
  end
end

local workers = call('ZCARD', P .. 'workers')
paused = paused == '1'
local out, taken, wait = {false, false, false, false}, 0, 1000
local expires = whole(now + lease)

-- Candidates: this worker's hosts that are due, hosts that nobody has as long as it has not more than its share, and
-- hosts of whomever that have waited too long.
local chosen, looked = {}, {['']=true}
local function consider(host, owner)
  looked[host] = true
  local head = call('ZRANGE', P .. 'q:' .. host, '0', '0', 'WITHSCORES')
  if head[1] then
    chosen[#chosen + 1] = {host, tonumber(head[2]), owner, head[1]}
    return
  end
  owner = owner or call('HGET', P .. 'owner', host)
  if owner then rare().disown(host, owner) end
  call('ZREM', P .. 'due', host)
  call('ZREM', P .. 'free', host)
end

if not paused and want > 0 then
  local own = {''}
  for at = first + 8, #ARGV do own[#own + 1] = ARGV[at] end
  local dues = call('ZMSCORE', P .. 'due', unpack(own))
  local owners = #own > 1 and call('HMGET', P .. 'owner', unpack(own)) or {}
  for i, host in ipairs(own) do
    if dues[i] and tonumber(dues[i]) <= now and (i == 1 or owners[i] == worker) then consider(host, owners[i]) end
  end
  local waited = workers < 2 and now or now - steal
  for _, host in ipairs(call('ZRANGEBYSCORE', P .. 'due', '-inf', whole(waited), 'LIMIT', '0', whole(want + LOOKED_AT))) do
    if not looked[host] then consider(host) end
  end
  local unowned = #chosen < want and call('ZRANGE', P .. 'free', '0', whole(want - 1)) or {}
  if #unowned > 0 then
    local share = math.ceil((call('HLEN', P .. 'owner') + 1) / math.max(workers, 1))
    local free = share - tonumber(call('HGET', P .. 'owns', worker) or 0)
    for i = 1, math.min(free, #unowned) do
      if not looked[unowned[i]] then consider(unowned[i]) end
    end
  end
  if #chosen > 1 then table.sort(chosen, function(a, b) return a[2] < b[2] end) end
end

local function verdict_on(id, host, was_read)
  local kills = deadly and tonumber(call('HGET', P .. 'tries', id) or 0) or 0
  if kills >= DEADLY then return 'crash', kills end
  if #id > FP or kills > 0 then return host == '' and 'follow' or '', kills end -- paid for
  if was_read then return 'elsewhere', kills end
  if not limited then return '', kills end
  local site = 's' .. (call('HGET', P .. 'site', host) or '')
  local spent, of_site = unpack(call('HMGET', P .. 'spent', '', site))
  if max_pages > 0 and tonumber(spent or 0) >= max_pages then return 'budget', kills end
  if per_site > 0 and tonumber(of_site or 0) >= per_site then return 'site_budget', kills end
  return '', kills
end

-- What is noted here is written by `save`, many values a call.
local payloads, popped_ids, leased, held_until, mine, not_free, owns = {}, {}, {}, {}, {}, {}, {}

local function load_heads()
  local ids, hosts, of = {}, {}, {}
  for i = 1, math.min(want, #chosen) do
    ids[i] = chosen[i][4]
    string_of(sub(ids[i], 1, FP))
    if not chosen[i][3] then hosts[#hosts + 1], of[#of + 1] = chosen[i][1], chosen[i] end
  end
  if #ids == 0 then return end
  load_seen()
  for i, payload in ipairs(call('HMGET', P .. 'r', unpack(ids))) do payloads[ids[i]] = payload end
  if #hosts == 0 then return end
  for i, owner in ipairs(call('HMGET', P .. 'owner', unpack(hosts))) do of[i][3] = owner end
end

local function own_host(host, before)
  if before == worker then return end
  mine[#mine + 1], mine[#mine + 2], not_free[#not_free + 1] = host, worker, host
  owns[worker] = (owns[worker] or 0) + 1
  if before then owns[before] = (owns[before] or 0) - 1 end
end

local function take(host, owner)
  local popped = call('ZPOPMIN', P .. 'q:' .. host)
  local id = popped[1]
  if not id then return true end
  local payload = payloads[id]
  if payload == nil then payload = call('HGET', P .. 'r', id) end
  if not payload then return false end
  local seen = seen_of(sub(id, 1, FP)) or 0
  local verdict, kills = verdict_on(id, host, seen % 2 == 1)
  if limited and verdict == '' and #id == FP and kills == 0 then
    call('HINCRBY', P .. 'spent', '', '1')
    call('HINCRBY', P .. 'spent', 's' .. (call('HGET', P .. 'site', host) or ''), '1')
  end
  write_lease(id, token, popped[2], verdict == '' and '1' or '-', host)
  leased[#leased + 1], leased[#leased + 2] = expires, id
  popped_ids[#popped_ids + 1] = char(#id) .. id
  local at = #out
  out[at + 1], out[at + 2], out[at + 3] = id, host, floor(seen / 2)
  out[at + 4], out[at + 5], out[at + 6] = kills, verdict, payload
  taken = taken + 1
  if verdict ~= '' then return false end -- costs the host nothing: it may give the next one, too
  held_until[#held_until + 1], held_until[#held_until + 2] = expires, host -- until the answer is there
  if owner == nil then owner = call('HGET', P .. 'owner', host) end
  own_host(host, owner)
  return true
end

local function save()
  save_leases()
  if taken == 0 then return end
  call_with(leased, 'ZADD', P .. 'leases')
  call_with(held_until, 'ZADD', P .. 'due')
  call_with(mine, 'HSET', P .. 'owner')
  call_with(not_free, 'ZREM', P .. 'free')
  for name, by in pairs(owns) do
    if by ~= 0 and (name == worker or call('HEXISTS', P .. 'owns', name) == 1) then
      call('HINCRBY', P .. 'owns', name, by)
    end
  end
  call('HSET', P .. 'popped', worker, concat(popped_ids))
end

load_heads()
for _, entry in ipairs(chosen) do
  while taken < want and not take(entry[1], entry[3]) do end
  if taken >= want then break end
end
save()

if taken >= want then wait = 0 end
local pending = call('HLEN', P .. 'r')
local state = 'open'
if pending == 0 and seeded == '1' then
  call('HSET', about, 'ended', 1)
  state = 'ended'
elseif paused then
  state = 'paused'
end
local figures = {}
if wants_figures == '1' then
  local oldest = call('ZRANGE', P .. 'leases', '0', '0', 'WITHSCORES')[2]
  figures = {
    call('ZCARD', P .. 'leases'), workers, call('HLEN', P .. 'dead'),
    limited and tonumber(call('HGET', P .. 'spent', '') or 0) or 0, call('LLEN', P .. 'seeds'),
    oldest and math.max(now + lease - oldest, 0) or 0, tonumber(acknowledged or 0),
    tonumber(call('HGET', P .. 'stats', 'expired') or 0), call('ZCARD', P .. 'due'),
  }
end
out[1], out[2], out[3], out[4] = state, wait, pending, figures
return out
