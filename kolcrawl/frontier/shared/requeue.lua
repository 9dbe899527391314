-- Puts the dead letters of a crawl back into their queues, with no death counted. ARGV from 4: nothing.
-- Answers: state, how many.
if is_gone() then return {'gone'} end
local letters, n = call('HGETALL', P .. 'dead'), 0
for at = 1, #letters, 2 do
  local id = letters[at]
  local _, _, score, host, payload = string.match(letters[at + 1], '^([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n(.*)$')
  if payload and payload ~= '' and call('HEXISTS', P .. 'held', id) == 0 then
    local fp = sub(id, 1, FP)
    local seen, place, number = seen_of(fp)
    note_seen(fp, (seen or 0) - (seen or 0) % 2, place, number)
    call('HSET', P .. 'r', id, payload)
    call('HDEL', P .. 'tries', id)
    rare().requeue(id, host, score, '-', -now) -- a host without a clock was not asked lately
    call('HDEL', P .. 'dead', id)
    n = n + 1
  end
end
save_seen()
if n > 0 then call('HSET', KEYS[1], 'ended', 0, 'seeded', 1) end
return {'open', n}
