"""One frontier in Redis for all workers of a crawl. Entry point: `shared_scheduler.SharedScheduler`.

A worker is an ordinary `scrapy crawl` with FRONTIER_URL; workers with the same crawl name share its requests.
`Frontier` (`kolcrawl.frontier.interface`) is what both frontiers offer the rest of the project; below it,
`RedisFrontier` has six steps, each of them one Lua script and so done whole or not at all:

    enter     join the crawl, or begin it
    pop       lease requests whose hosts are due; what dead workers held goes back before
    settle    everything a worker has to say, in order: requests to push, hosts that have answered, requests processed
    exchange  both, as one
    renew     leases by their own tokens, so that a late word cannot revive what was given to another
    leave     give back everything at once

scrapy-redis makes the connection (REDIS_PARAMS) and has given the interface its form: a scheduler over a queue and a
filter of duplicates in Redis. Its own queue loses what is in flight when a worker is killed, and knows no hosts.

Keys. All have the hash tag `{crawl}`, so they lie in one slot of a cluster. `{crawl}:about` is a hash: id, spider,
arguments, began, seeded, paused, ended, acknowledged, heard and grace (below), deadly (there are tries), and for each
worker the number of its last `settle`. A crawl that begins gets a new id, and all other keys have it, so
nothing of an older crawl of that name is ever mixed in. After `{crawl}:id:` come

    r            hash: request id -> text. What waits or is leased; the crawl has ended when it is empty.
    q:HOST       sorted set: request ids by -priority, the older first
    due          sorted set: host -> when it may be asked (ms of Redis's clock)
    owner, owns  hashes: the worker that asked a host last; how many hosts a worker has
    free         sorted set: hosts that no worker has -> since when
    held, leases hash and sorted set: request id -> token, score, hold, host; -> when the lease runs out
    popped       hash: worker -> the ids that its last step leased, should the answer be lost
    s:xyz        strings of records: ten bytes of a fingerprint, whose others name the string, and 2 * depth + 1 if read
    seq          string: how many requests were pushed, by which they are numbered
    site, spent  hashes: host -> site; site -> pages spent (the empty name: in all)
    tries, dead  hashes: request id -> kills; -> dead letter
    workers, who sorted set and hash: worker -> when it was last heard; -> what it says of itself
    seeds, stats list: what seeds are about, for relevance; hash: counters

Hashes that every step looks into have one long field besides, which keeps Redis from searching them field by field.

A request's id is its fingerprint; of one that is made again (retry, redirect) the fingerprint and a number. It is
*queued* (r, q), then *leased* (r, held, leases), then gone: acknowledged, or a dead letter.

Who acknowledges when. The store acknowledges a story, the pipeline returns, and `in_hand.RequestsInHand.look` sees the
request processed; it is the one place to change when Scrapy tells schedulers so. The words of a worker reach Redis in
order (`worker_words`), so the requests that a page led to are there before it is acknowledged, or in the same step.
Requests without a story are acknowledged likewise.

What happens at each kill
    of a worker, before `settle`  its leases run out after FRONTIER_LEASE seconds, and others fetch these pages again;
                                  what had been pushed is known by then
    between store and `settle`    the same; the store writes a story twice the same way
    of a worker by SIGTERM        what the engine has not got goes back at once, the rest after STOP_SECONDS at most
    of all workers                nothing more: whoever starts next goes on
    of Redis (AOF everysec)       it has lost its last second: a worker's next `settle` finds steps missing, and the
                                  worker repeats those of the last seconds
    of the connection             `settle` is numbered and not done twice; `pop` gives back what its lost answer held
Redis that nobody was heard by for some seconds was away itself: no lease runs out until the workers have had time
(`grace`) to renew theirs. A request whose worker died three times is a dead letter, and is recorded as failed.

Politeness. A host is held while one of its requests is with a downloader, robots.txt included, and due again so long
after the answer as its delay says: DOWNLOAD_DELAY, AutoThrottle's word, crawl-delay, Retry-After or a pause, whichever
is longest for the worker that asked. So two requests to a host are never closer than its delay, whatever the load.
Since others leave a host to the worker that had it last unless it has waited for a second, what a site's template
teaches, its robots.txt and its health are mostly learnt by one worker.

Depth. Best first reaches a story by a long way before a short one. A shorter way to what waits lowers its depth, and
so does one to what is being fetched: its worker asks when the page has come (`story_depths`). To what was read, a
shorter way makes a request of no host whose links are followed again from the store; keys that a page turns out to
have besides are told when it is stored, so what is followed again is always there.
"""
