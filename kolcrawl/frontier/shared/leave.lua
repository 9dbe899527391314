-- Leaves a crawl: everything that the worker holds goes back at once. ARGV from 4: ms until a host is asked again.
-- Answers: state ('last' for the last worker of an ended crawl, whose data may be removed).
if is_gone() then return {'gone'} end
for _, id in ipairs(call('SMEMBERS', P .. 'w:' .. worker)) do
  local own, score, holds, host = lease_of(id)
  if own and string.match(own, '^[^.]+') == worker then give_back(id, own, score, holds, host, tonumber(ARGV[4])) end
end
call('DEL', P .. 'w:' .. worker)
call('ZREM', P .. 'workers', worker)
for _, name in ipairs({'who', 'owns', 'batch'}) do call('HDEL', P .. name, worker) end
if call('HGET', KEYS[1], 'ended') == '1' and call('ZCARD', P .. 'workers') == 0 then
  if call('HLEN', P .. 'dead') == 0 then call('DEL', KEYS[1]) end
  return {'last'}
end
return {'open'}
