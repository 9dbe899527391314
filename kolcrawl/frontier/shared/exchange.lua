-- Does what a worker has to say, then leases, in one step. ARGV from 4: how many values are those of `settle` (those of
-- `pop` follow). Answers: the answer to `settle`, and that to `pop`; none where steps are missing.
local to_settle, to_pop = {ARGV[1], crawl, worker}, {ARGV[1], crawl, worker}
local last = 4 + tonumber(ARGV[4])
for at = 5, #ARGV do
  local values = at <= last and to_settle or to_pop
  values[#values + 1] = ARGV[at]
end
local settled = settle(to_settle)
if settled[1] ~= 'open' then return settled end
local popped = pop(to_pop)
if popped[1] == 'gone' then return popped end
return {'open', settled, popped}
