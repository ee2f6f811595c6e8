// SPDX-License-Identifier: Apache-2.0
/*
 * How long @ghostery/adblocker takes for the decisions that bench_match times:
 *
 *   node bench_oracle.mjs ANSWERS LIST...
 *
 * As browsers use it: compiled filters, no look at their text. Prints the median of several rounds
 * in nanoseconds a request, with and without the making of its Request from an address.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../oracle/package.json', import.meta.url));
const { FiltersEngine, Request } = require('@ghostery/adblocker');
const ROUNDS = 7;

const [answersPath, ...listPaths] = process.argv.slice(2);
const engine = FiltersEngine.parse(listPaths.map((path) => readFileSync(path, 'utf8')).join('\n'));
const asked = readFileSync(answersPath, 'utf8').split('\n').filter((line) => line !== '')
    .map((line) => JSON.parse(line)).filter((answer) => answer.page_host !== '')
    .map(({ url, page_host, type }) => ({ url, sourceUrl: `https://${page_host}/`, type }));
const made = asked.map((details) => Request.fromRawDetails(details));

function median(round) {
    const times = [];
    for (let i = 0; i < ROUNDS; i++) {
        const start = process.hrtime.bigint();
        round();
        times.push(Number(process.hrtime.bigint() - start) / asked.length);
    }
    return Math.round(times.sort((a, b) => a - b)[ROUNDS >> 1]);
}

const decided = median(() => made.forEach((request) => engine.match(request)));
const whole = median(() => asked.forEach((details) => engine.match(Request.fromRawDetails(details))));
console.log(`ghostery: ${asked.length} requests; ns a request, median of ${ROUNDS} rounds: ` +
    `${decided}, with the making of the request ${whole}`);
