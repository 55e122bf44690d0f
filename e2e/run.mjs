// Fires the same hooks against every FHIR server, with prefetch and without, and compares the cards. See README.md.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { comparable, firstDifference } from './lib/compare.mjs';
import { stopAll } from './lib/processes.mjs';
import { load, readRecords, withdraw } from './lib/records.mjs';
import { FHIR_SERVERS, FhirServer } from './lib/servers.mjs';
import { Prefetcher, Service, access, occasions, readOrders, readProblems } from './lib/service.mjs';

const home = import.meta.dirname;
const fixtures = join(home, '../fixtures');
const logs = join(home, 'target/logs');
const binary = resolve(process.env.GAITKEEPER_BIN || join(home, '../target/debug/gaitkeeper'));
const folder = process.env.GAITKEEPER_E2E_RECORDS;
const forgiven = new Set((process.env.GAITKEEPER_E2E_ALLOW_MISSING ?? '').split(/[\s,]+/).filter(Boolean));

const failures = [];
const fail = (text) => {
  failures.push(text);
  console.error(`FAIL  ${text}`);
};
const began = Date.now();
const clock = () => `${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s`;
const say = (text) => console.log(`${clock()}  ${text}`);

async function startServers() {
  const started = await Promise.all(FHIR_SERVERS.map(async (part) => {
    try {
      const server = await FhirServer.start(part, logs);
      say(`${server.name} is up at ${server.base} after ${server.took.toFixed(1)} s`);
      return server;
    } catch (error) {
      const text = `${part.name} could not be started: ${error.message}`;
      if (forgiven.has(part.name)) say(`MISSING, as allowed: ${text}`);
      else fail(text);
      return undefined;
    }
  }));
  return started.filter(Boolean);
}

/** Without its token a server gives nothing: else the test could not tell whether the token is sent. */
async function checkClosed(server) {
  const { status } = await server.request('GET', '/Patient', undefined, 'another-token');
  if (status !== 401) fail(`${server.name} answers ${status} to a wrong token`);
}

/** Loads one record everywhere. What one server does not keep as it is, no server keeps: else they could not agree. */
async function loadEverywhere(servers, { name, resources }) {
  const troubles = await Promise.all(servers.map((server) => load(server, resources)));
  const places = new Set(troubles.flatMap((troubled) => [...troubled.keys()]));
  for (const place of places) {
    servers.forEach((server, index) => {
      const why = troubles[index].get(place);
      if (why) say(`  ${server.name}: ${place} ${why}`);
    });
    await Promise.all(servers.map((server) => withdraw(server, place)));
  }
  say(`${name}: ${resources.length - places.size} of ${resources.length} resources on each server`);
}

/** The ways in which the same facts can reach the service. */
const WAYS = {
  prefetch: async (prefetcher, templates, context) => ({ prefetch: await prefetcher.whole(templates, context) }),
  fetch: async (prefetcher) => access(prefetcher.server),
  mixed: async (prefetcher, templates, context) => ({
    prefetch: await prefetcher.some(templates, context),
    ...access(prefetcher.server),
  }),
};

/** How long the calls of each way took. */
const durations = new Map(Object.keys(WAYS).map((way) => [way, []]));

/** One hook in every way against every server; the number of cards, or what is wrong. */
async function compareWays(service, prefetchers, { id, hook, prefetch: templates }, context) {
  const wrong = [];
  let first;
  for (const prefetcher of prefetchers) {
    for (const [way, supply] of Object.entries(WAYS)) {
      const label = `${prefetcher.server.name}/${way}`;
      const supplied = await supply(prefetcher, templates, context);
      const since = performance.now();
      const answer = await service.call(id, { hook, context, ...supplied });
      durations.get(way).push(performance.now() - since);
      if (answer.status !== 200) {
        wrong.push(`${label}: ${answer.status} ${answer.text.slice(0, 300)}`);
        continue;
      }
      const cards = comparable(answer.cards);
      first ??= { label, cards };
      const difference = firstDifference(first.cards, cards);
      if (difference) {
        const { path, one, other } = difference;
        wrong.push(`${path}\n        ${first.label}: ${one}\n        ${label}: ${other}`);
      }
    }
  }
  return { cards: first?.cards.length, wrong };
}

async function comparePatients(service, servers, records, given) {
  const row = (patient, offered, cards, same) => console.log([patient.padEnd(38), offered.padEnd(22), cards.padEnd(46), same].join(' '));
  row('patient', 'service', 'cards', 'same?');
  let shown = 0;
  for (const { name, patientId } of records) {
    const prefetchers = servers.map((server) => new Prefetcher(server));
    for (const offered of service.services) {
      const counts = [];
      const differences = [];
      for (const [what, context] of occasions(offered.hook, patientId, given)) {
        const { cards, wrong } = await compareWays(service, prefetchers, offered, context);
        counts.push(`${what.split('-')[0]} ${cards ?? '-'}`);
        shown += cards ?? 0;
        differences.push(...wrong.map((text) => `${name}, ${offered.id}, ${what}: ${text}`));
      }
      row(name, offered.id, counts.join(', '), differences.length === 0 ? 'yes' : 'NO');
      differences.forEach(fail);
    }
  }
  if (shown === 0) fail('no call gave a card: nothing was compared');
  for (const [way, times] of durations) {
    times.sort((one, other) => one - other);
    const [median, slowest] = [times[times.length >> 1], times.at(-1)].map((time) => `${time.toFixed(0)} ms`);
    say(`${way}: ${times.length} calls, median ${median}, slowest ${slowest}`);
  }
}

/** A token that the server refuses must not give the cards of one that it takes. */
async function checkToken(service, server, patientId) {
  const { id, hook } = service.services.find((offered) => offered.hook === 'patient-view');
  const [[, context]] = occasions(hook, patientId);
  const { status } = await service.call(id, { hook, context, ...access(server, 'another-token') });
  if (status !== 412) fail(`${server.name}: a refused token gives ${status} at ${hook}, not 412`);
}

async function main() {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: cargo build, or set GAITKEEPER_BIN`);
  const records = [...(folder ? readRecords(folder) : []), ...readRecords(join(fixtures, 'patients'))];
  if (!folder) say('GAITKEEPER_E2E_RECORDS is not set: the fixtures only');

  const [service, servers] = await Promise.all([Service.start(binary, logs), startServers()]);
  if (servers.length === 0) throw new Error('no FHIR server runs: nothing can be compared');
  await Promise.all(servers.map(checkClosed));
  for (const record of records) await loadEverywhere(servers, record);
  say('loaded');

  await comparePatients(service, servers, records, {
    orders: readOrders(join(fixtures, 'orders')),
    problems: readProblems(join(fixtures, 'problems')),
  });
  for (const server of servers) await checkToken(service, server, records.at(-1).patientId);
}

try {
  await main();
} catch (error) {
  fail(error.stack ?? String(error));
} finally {
  await stopAll();
}
say(failures.length === 0 ? 'passed' : `failed: ${failures.length}`);
process.exitCode = failures.length === 0 ? 0 : 1;
