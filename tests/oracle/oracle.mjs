// SPDX-License-Identifier: Apache-2.0
/*
 * Decides every request with @ghostery/adblocker and prints one JSON object a line:
 *
 *   node oracle.mjs REQUESTS LIST...
 *
 * REQUESTS holds one {"frameUrl", "url", "cpt"} a line, plain or gzip. The facts that exhibit
 * takes from its caller (hosts, sites, party, type) are printed beside the verdict, so that
 * both sides decide on the same input. Conditions (!#if) are evaluated with every flag false.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { FiltersEngine, Request } from '@ghostery/adblocker';
import { parse } from 'tldts-experimental';

/* A recorder that says "document" means pages and frames alike; only a frame can be judged by
 * the page around it, so it is taken for one. "main_frame" is a page for certain. */
const TYPES = {
    main_frame: ['main_frame', 'document'],
    document: ['sub_frame', 'subdocument'],
    script: ['script', 'script'],
    stylesheet: ['stylesheet', 'stylesheet'],
    image: ['image', 'image'],
    font: ['font', 'font'],
    media: ['media', 'media'],
    object: ['object', 'object'],
    xhr: ['xhr', 'xmlhttprequest'],
    fetch: ['fetch', 'xmlhttprequest'],
    ping: ['ping', 'ping'],
    websocket: ['websocket', 'websocket'],
    other: ['other', 'other'],
    manifest: ['manifest', 'other'],
    texttrack: ['texttrack', 'other'],
};
const TLDTS = { extractHostname: true, mixedInputs: false, validateHostname: false };

const [requestsPath, ...listPaths] = process.argv.slice(2);
let data = readFileSync(requestsPath);
if (data[0] === 0x1f && data[1] === 0x8b)
    data = gunzipSync(data);
const lists = listPaths.map((path) => readFileSync(path, 'utf8')).join('\n');
const engine = FiltersEngine.parse(lists, { debug: true, enableOptimizations: false, loadPreprocessors: true });
engine.updateEnv(new Map());

for (const line of data.toString('utf8').split('\n')) {
    if (line.trim() === '')
        continue;
    const { url, frameUrl, cpt } = JSON.parse(line);
    const page = parse(frameUrl, TLDTS);
    const [theirType, ourType] = TYPES[cpt];
    const request = Request.fromRawDetails({ url, sourceUrl: frameUrl, type: theirType });
    const result = engine.match(request);
    const answer = {
        url, type: ourType, page_host: page.hostname || '', page_site: page.domain || '',
        site: request.domain, third_party: request.isThirdParty,
        verdict: result.exception ? 'exception' : result.filter ? 'block' : 'none',
    };
    if (result.filter)
        answer.block = String(result.filter.rawLine);
    if (result.exception)
        answer.exception = String(result.exception.rawLine);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
}
