-- Renews leases by their own tokens. ARGV from 4: length of a lease (ms), then id and token of each.
-- Answers: state, how many were not this worker's any more.
if is_gone() then return {'gone'} end
local lease, lost = tonumber(ARGV[4]), 0
call('ZADD', P .. 'workers', now, worker)
for at = 5, #ARGV, 2 do
  local id = ARGV[at]
  local own, _, holds, host = lease_of(id)
  if own == ARGV[at + 1] then
    call('ZADD', P .. 'leases', 'XX', now + lease, id)
    if holds == '1' then call('ZADD', P .. 'due', 'XX', now + lease, host) end
  else
    lost = lost + 1
  end
end
return {'open', lost}
