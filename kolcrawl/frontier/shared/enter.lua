-- Joins a crawl, or begins it. ARGV from 4: spider, arguments, what the worker says of itself, length of a lease (ms).
-- Answers: how, id of the crawl, whether its seeds are in, requests pending, id of an ended crawl to be removed,
-- when the crawl began (ms).
local about = KEYS[1]
-- A value of more than 64 bytes: Redis looks in a hash without one through all fields, up to 512 of them.
local LONG = string.rep('.', 65)
local id, old = call('HGET', about, 'id'), ''
if id then
  local theirs = base .. id .. ':'
  local alive = call('ZCOUNT', theirs .. 'workers', now - ARGV[7], '+inf')
  if call('HGET', about, 'ended') == '1' then
    if alive > 0 then return {'ending', id} end
    old, id = id, nil
    call('DEL', about)
  elseif call('HGET', about, 'spider') ~= ARGV[4] or call('HGET', about, 'args') ~= ARGV[5] then
    return {'other', id, call('HGET', about, 'spider'), call('HGET', about, 'args')}
  end
end
local how = 'joined'
if not id then
  how, id = 'began', crawl
  call('HSET', about, 'id', id, 'spider', ARGV[4], 'args', ARGV[5], 'began', now, 'format', '3')
  for _, name in ipairs({'owner', 'held', 'site', 'owns', 'popped'}) do call('HSET', base .. id .. ':' .. name, '\n', LONG) end
  call('HSET', about, 'long', LONG)
end
P = base .. id .. ':'
call('ZADD', P .. 'workers', now, worker)
call('HSET', P .. 'who', worker, ARGV[6])
return {how, id, call('HGET', about, 'seeded') or '0', call('HLEN', P .. 'r'), old,
  call('HGET', about, 'began')}
