-- Renews leases by their own tokens. ARGV from 4: length of a lease (ms), then id and token of each.
-- Answers: state, how many were not this worker's any more.
if is_gone() then return {'gone'} end
local lease, lost = tonumber(ARGV[4]), 0
call('ZADD', P .. 'workers', whole(now), worker)
local ids, leased, held_until = {}, {}, {}
local expires = whole(now + lease)
for at = 5, #ARGV, 2 do ids[#ids + 1] = ARGV[at] end
load_leases(ids)
for at = 5, #ARGV, 2 do
  local id = ARGV[at]
  local own, _, holds, host = lease_of(id)
  if own == ARGV[at + 1] then
    leased[#leased + 1], leased[#leased + 2] = expires, id
    if holds == '1' then held_until[#held_until + 1], held_until[#held_until + 2] = expires, host end
  else
    lost = lost + 1
  end
end
call_with(leased, 'ZADD', P .. 'leases', 'XX')
call_with(held_until, 'ZADD', P .. 'due', 'XX')
return {'open', lost}
