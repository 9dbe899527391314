// Crawlee's CheerioCrawler on a site folder: follows the links of the story network, reads title, time, author and text.
// node peer_crawlee.mjs SITE PAGES PROXY; prints one JSON object. Stores nothing, judges no link, knows no duplicates.
import { readFileSync } from 'node:fs';
import { CheerioCrawler, Configuration, ProxyConfiguration, log } from 'crawlee';

const [site, pages, proxy] = process.argv.slice(2);
const truth = new Map(readFileSync(`${site}/truth.jsonl`, 'utf8').trim().split('\n').map((line) => {
    const row = JSON.parse(line);
    return [row.url, row.related];
}));
const seeds = readFileSync(`${site}/seeds.txt`, 'utf8').trim().split(/\s+/);
log.setLevel(log.LEVELS.ERROR);
let read = 0;
const found = [0, 0, 0, 0];
const crawler = new CheerioCrawler({
    proxyConfiguration: new ProxyConfiguration({ proxyUrls: [proxy] }),
    maxRequestsPerCrawl: Number(pages),
    maxConcurrency: 16,
    async requestHandler({ request, $, addRequests }) {
        read += 1;
        const fields = [
            $('h1').first().text() || $('title').text(),
            $('meta[property="article:published_time"]').attr('content') || $('time').first().text(),
            $('meta[name="author"]').attr('content'),
            $('p').map((_, p) => $(p).text()).get().join('\n'),
        ];
        fields.forEach((value, place) => { found[place] += value ? 1 : 0; });
        await addRequests(truth.get(request.url) ?? []);
    },
}, new Configuration({ persistStorage: false }));
const before = process.cpuUsage();
const began = Date.now();
await crawler.run(seeds);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpu: (user + system) / 1e6, wall: (Date.now() - began) / 1000, pages: read, found }));
process.exit(0);
