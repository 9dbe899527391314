-- Leaves a crawl: what the worker holds goes back at once. ARGV from 4: ms until a host is asked again, then id and
-- token of each lease. Answers: state ('last' for the last worker of an ended crawl, whose data may be removed).
if is_gone() then return {'gone'} end
for at = 5, #ARGV, 2 do
  local own, score, holds, host = lease_of(ARGV[at])
  if own == ARGV[at + 1] then rare().give_back(ARGV[at], score, holds, host, tonumber(ARGV[4])) end
end
save_leases()
call('ZREM', P .. 'workers', worker)
for _, name in ipairs({'who', 'owns', 'popped'}) do call('HDEL', P .. name, worker) end
call('HDEL', KEYS[1], 'batch ' .. worker)
if call('HGET', KEYS[1], 'ended') == '1' and call('ZCARD', P .. 'workers') == 0 then
  if call('HLEN', P .. 'dead') == 0 then call('DEL', KEYS[1]) end
  return {'last'}
end
return {'open'}
