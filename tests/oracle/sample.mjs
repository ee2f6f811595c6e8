// SPDX-License-Identifier: Apache-2.0
/*
 * Prints the requests that sample.txt is asked about, for oracle.mjs. To record the answers:
 *
 *   node sample.mjs > /tmp/requests && node oracle.mjs /tmp/requests sample.txt > sample_answers.ndjson
 */
const PAGES = ['https://page.test/', 'https://www.page.test/a', 'https://other.example/'];

// Each URL with the types it is asked about; the pages are taken in turn.
const ASKED = [
    ['script image', [
        'https://tracker.example/', 'https://a.b.tracker.example/x?y', 'https://tracker.example',
        'https://tracker.example.test/', 'https://nottracker.example/', 'https://tracker.examples/',
        'http://user@tracker.example/', 'https://tracker.example:8080/q', 'https://TRACKER.Example/',
        'https://page.test/?u=https://tracker.example/', 'https://ads.third.test/1',
        'https://x.ads.third.test/1', 'https://third.test/1',
        'https://cdn.example/pixel/1.gif', 'https://cdn.example/pixel', 'https://a.cdn.example/pixel/',
        'https://stats.example/collect?v=1', 'https://stats.example/collect',
        'https://deep.sub.example/x/beacon/y', 'https://deep.sub.example/beacon/',
        'https://deep.sub.example:99/beacon/', 'https://wild.example/aXX/bYYc.gif?1',
        'https://wild.example/a/b', 'https://wild.example/zz/a/bc.gif',
        'https://anchor.example/end.js', 'https://anchor.example/end.js?x',
        'https://anchor.example/pre/end.js', 'https://start.example/first/one',
        'http://start.example/first/one', 'https://page.test/|https://start.example/first',
        'http://plain.example/', 'https://plain.example/', 'http://plain.example',
        'https://x.test/banner/ads/1.png', 'https://x.test/banner/ads', 'https://x.test/BANNER/ADS/',
        'https://x.test/top-ad-unit.png', 'https://x.test/top-ad-units.png',
        'https://foo.com.test/vtrack', 'https://foo.com.test/vtracker', 'https://com.test/vtrack',
        'https://x.test/an_exact.gif', 'https://x.test/an_exact.gif?', 'https://x.test/?a&uid=4&sid=5',
        'https://x.test/?a&sid=5&uid=4', 'https://x.test/sep/arate/', 'https://x.test/sep/arate',
        'https://x.test/sep-arate/', 'https://x.test/caret', 'https://x.test/caret/',
        'https://x.test/?caret=1', 'https://x.test/caret-1', 'https://x.test/o/o.gif',
        'https://x.test/go/o.gif', 'https://x.test/m%2Fopen.aspx%3Fx', 'https://x.test/m%2fopen.aspx%3f',
        'https://x.test/track.php?id=4', 'https://x.test/track.php?ids=4', 'https://x.test/soundtrack.php?id=4',
        'https://x.test/upper/case.js', 'https://x.test/UPPER/CASE.JS?x', 'https://x.test/unstarred',
        'https://x.test/star', 'https://metrics.x.test/hit', 'https://metrics.test/a/hit',
        'https://m.metrics.test/hit', 'https://x.test/query?a=end', 'https://x.test/query?a=ended',
        'https://a.inner.example/', 'https://port.example:8443/', 'https://port.example/',
        'https://xn--bcher-kva.example/', 'https://bcher.example/',
        'https://x.test/r1234/x.js', 'https://x.test/r123/x.js', 'https://x.test/r1234/x.js?',
        'https://abcdef.rx.example/', 'https://abcde.rx.example/', 'https://x.test/beta-count.gif',
        'https://x.test/gamma-count.gif', 'https://x.test/CamelCase12', 'https://x.test/camelcase12',
        'https://nothing.example/at/all', 'https://unknown.example/', 'https://policy.example/',
        'https://param.example/?utm_source=1', 'https://after.example/', 'https://onlyublock.example/',
        'https://notublock.example/', 'https://notfirefox.example/', 'https://nested.example/',
        'https://joined.example/', 'https://revoked.example/', 'https://revoked.example/still/',
        'https://half.example/', 'https://redirect.example/r.js', 'https://redirect.example/rule.js',
        'https://tracker.example/allowed/1', 'https://tracker.example/for-page/1',
        'https://cdn.example/pixel/ok.gif', 'https://cdn.example/pixel/ok.gif?', 'https://vip.example/',
        'https://vip.example/allowed/1', 'https://vip.example/allowed/never/1',
        'https://x.test/banner/ads/good.png', 'https://x.test/nodomain',
    ]],
    ['script image stylesheet document xhr ping media font object other main_frame fetch manifest', [
        ...['s/lib.js', 'i/', 'c/', 'f/', 'x/', 'p/', 'm/', 't/', 'o/', 'w/', 'r/', 'd/', 'two/', 'not/',
            'xhr/', 'css/', 'frame/', 'doc/', 'all/', 'os/'].map((p) => `https://types.example/${p}`),
    ]],
    ['websocket', ['wss://types.example/w/', 'wss://types.example/x/', 'ws://tracker.example/']],
];

let turn = 0;
function ask(url, frameUrl, cpt) {
    process.stdout.write(`${JSON.stringify({ frameUrl, url, cpt })}\n`);
}

for (const [types, urls] of ASKED) {
    for (const url of urls) {
        for (const cpt of types.split(' '))
            ask(url, PAGES[turn++ % PAGES.length], cpt);
    }
}
for (const path of ['third/', 'first/', '3p/', '1p/', 'fp/', 'nfp/']) {
    ask(`https://party.example/${path}`, 'https://www.party.example/', 'image');
    ask(`https://party.example/${path}`, 'https://page.test/', 'image');
}
for (const page of [...PAGES, 'https://news.test/', 'https://m.news.example/', 'https://newspage.test/',
    'https://a.test/', 'https://x.b.test/', 'https://strict.test/', '']) {
    for (const path of ['one/', 'some/', 'not/', 'mixed/', 'entity/', 'notentity/', 'from/', 'deny/'])
        ask(`https://dom.example/${path}`, page, 'image');
    ask('https://deny.example/', page, 'script');
    ask('https://good.deny.example/', page, 'script');
    ask('https://order.example/', page, 'script');
    ask('https://cdn.test/nodomain', page, 'script');
    ask('https://anything.example/x.png', page, 'image');
    ask('https://anything.example/x.woff', page, 'font');
    ask('https://www.strict.test/x.png', page, 'image');
    ask('https://joined.example/', page, 'script');
}
