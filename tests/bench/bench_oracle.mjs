// SPDX-License-Identifier: Apache-2.0
/*
 * How long two other engines take for the decisions that bench_match times:
 *
 *   node bench_oracle.mjs ANSWERS LIST...
 *
 * @ghostery/adblocker as browsers use it: compiled filters, no look at their text, with and
 * without the making of its Request from an address. uBlock Origin's engine (@gorhill/ubo-core)
 * with its WebAssembly; it makes no request ahead. Medians of several rounds in nanoseconds a
 * request: a line each, the name first and the figures as "name=value".
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../oracle/package.json', import.meta.url));
const { FiltersEngine, Request } = require('@ghostery/adblocker');
const { StaticNetFilteringEngine, enableWASM } =
    await import(new URL('../oracle/node_modules/@gorhill/ubo-core/index.js', import.meta.url));
const ROUNDS = 7;

const [answersPath, ...listPaths] = process.argv.slice(2);
const lists = listPaths.map((name) => ({ name, raw: readFileSync(name, 'utf8') }));
const asked = readFileSync(answersPath, 'utf8').split('\n').filter((line) => line !== '')
    .map((line) => JSON.parse(line)).filter((answer) => answer.page_host !== '')
    .map(({ url, page_host, type }) => ({ url, page: `https://${page_host}/`, type }));

function median(round) {
    const times = [];
    for (let i = 0; i < ROUNDS; i++) {
        const start = process.hrtime.bigint();
        round();
        times.push(Number(process.hrtime.bigint() - start) / asked.length);
    }
    return Math.round(times.sort((a, b) => a - b)[ROUNDS >> 1]);
}

function ghostery() {
    const engine = FiltersEngine.parse(lists.map(({ raw }) => raw).join('\n'));
    const details = asked.map(({ url, page, type }) => ({ url, sourceUrl: page, type }));
    const made = details.map((one) => Request.fromRawDetails(one));
    const blocked = made.filter((request) => engine.match(request).match).length;
    const decided = median(() => made.forEach((request) => engine.match(request)));
    const whole = median(() => details.forEach((one) => engine.match(Request.fromRawDetails(one))));
    console.log(`ghostery requests=${asked.length} blocked=${blocked} ns=${decided} ` +
        `with_request_ns=${whole}`);
}

async function ublock() {
    await enableWASM();
    const engine = await StaticNetFilteringEngine.create();
    await engine.useLists(lists);
    const details = asked.map(({ url, page, type }) => ({ originURL: page, url, type }));
    const blocked = details.filter((one) => engine.matchRequest(one) === 1).length;
    const whole = median(() => details.forEach((one) => engine.matchRequest(one)));
    console.log(`ublock requests=${asked.length} blocked=${blocked} with_request_ns=${whole}`);
}

ghostery();
await ublock();
