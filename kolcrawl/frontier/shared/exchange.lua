-- Does what a worker has to say, then leases, in one step. ARGV from 4: how many values are those of `settle` (those of
-- `pop` follow). Answers: the answer to `settle`, and that to `pop`; none where steps are missing.
local last = 4 + tonumber(ARGV[4])
local settled = settle(ARGV, 5, last)
if settled[1] ~= 'open' then return settled end
local popped = pop(ARGV, last + 1)
if popped[1] == 'gone' then return popped end
return {'open', settled, popped}
