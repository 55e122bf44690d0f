// Gaitkeeper as a client sees it: the services it offers, and the calls of one EHR.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, start } from './processes.mjs';
import { TOKEN, nextOf } from './servers.mjs';

const PROBLEMS = ['acute-limb-ischaemia', 'leg-pain', 'sciatica'];
const ORDERS = ['mra-leg-with-contrast', 'cilostazol-100-twice-daily', 'ibuprofen-800-three-times-daily', 'oxycodone'];

export class Service {
  constructor(base, services) {
    this.base = base;
    this.services = services;
  }

  static async start(binary, logs) {
    const port = await freePort();
    const base = `http://127.0.0.1:${port}`;
    // Settings of whoever runs this test must not change its outcome.
    const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('GAITKEEPER_'));
    const env = {
      ...Object.fromEntries(inherited),
      GAITKEEPER__SERVER__PLATFORM_LISTEN: '',
      // What is compared is what was found, not how fast: a slow machine must not make a difference.
      GAITKEEPER__FHIR__DEADLINE: '9 s',
    };
    await start({
      name: 'gaitkeeper',
      command: binary,
      args: ['serve', '--sandbox', '--listen', `127.0.0.1:${port}`],
      env,
      url: `${base}/cds-services`,
      seconds: 30,
      logs,
    });
    const { services } = await (await fetch(`${base}/cds-services`)).json();
    return new Service(base, services);
  }

  /** Fires one hook. */
  async call(id, request) {
    const response = await fetch(`${this.base}/cds-services/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ hookInstance: randomUUID(), ...request }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (response.status !== 200) return { status: response.status, text };
    return { status: 200, cards: JSON.parse(text).cards };
  }
}

/** The draft orders of the fixtures. */
export function readOrders(folder) {
  return ORDERS.map((name) => [name, JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))]);
}

/** The problems of the fixtures that are added to a chart. */
export function readProblems(folder) {
  return PROBLEMS.map((name) => [name, JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))]);
}

/** What a clinician does that fires this hook: `[what, context]`, once, or for each order or problem. */
export function occasions(hook, patientId, { orders = [], problems = [] } = {}) {
  const common = { userId: 'Practitioner/e2e', patientId };
  if (hook === 'patient-view') return [['chart', common]];
  if (hook === 'encounter-discharge') return [['discharge', { ...common, encounterId: 'e2e' }]];
  if (hook === 'problem-list-item-create') {
    return problems.map(([name, problem]) => {
      const resource = { ...problem, subject: { reference: `Patient/${patientId}` } };
      return [name, { ...common, conditions: { resourceType: 'Bundle', type: 'collection', entry: [{ resource }] } }];
    });
  }
  if (hook !== 'order-select' && hook !== 'order-sign') {
    throw new Error(`no occasion is known for the hook ${hook}: add it to e2e/lib/service.mjs`);
  }
  return orders.map(([name, order]) => {
    const resource = { ...order, subject: { reference: `Patient/${patientId}` } };
    const context = { ...common, draftOrders: { resourceType: 'Bundle', type: 'collection', entry: [{ resource }] } };
    if (hook === 'order-select') context.selections = [`${resource.resourceType}/${resource.id}`];
    return [name, context];
  });
}

/** What `fhirServer` and `fhirAuthorization` say. */
export function access(server, token = TOKEN) {
  return {
    fhirServer: server.base,
    fhirAuthorization: {
      access_token: token, token_type: 'Bearer', expires_in: 300, scope: 'user/*.read', subject: 'gaitkeeper-e2e',
    },
  };
}

/** Resolves prefetch templates against a server as an EHR does, each once for a patient. */
export class Prefetcher {
  #answers = new Map();

  constructor(server) {
    this.server = server;
  }

  /** Everything asked for, whole, with the Medications that it refers to: the service would read those by itself. */
  async whole(templates, context) {
    const pairs = Object.entries(templates).map(async ([key, template]) => {
      return [key, await this.#withMedications(await this.#get('getAll', template, context))];
    });
    return Object.fromEntries(await Promise.all(pairs));
  }

  async #withMedications(answer) {
    const references = (answer?.entry ?? []).map(({ resource }) => resource?.medicationReference?.reference);
    const named = [...new Set(references.filter((reference) => /^Medication\/[^/]+$/.test(reference ?? '')))];
    const read = await Promise.all(named.map((reference) => this.#get('get', reference, {}).catch(() => undefined)));
    const included = read.filter((resource) => resource?.resourceType === 'Medication');
    if (included.length === 0) return answer;
    return { ...answer, entry: [...answer.entry, ...included.map((resource) => ({ resource, search: { mode: 'include' } }))] };
  }

  /** What a hasty EHR sends: every other key, and of searches the first page. */
  async some(templates, context) {
    const pairs = Object.entries(templates).filter((_, index) => index % 2 === 0)
      .map(async ([key, template]) => [key, await this.#get('get', template, context)]);
    return Object.fromEntries(await Promise.all(pairs));
  }

  #get(how, template, context) {
    const path = '/' + template.replaceAll(/\{\{context\.(\w+)\}\}/g, (_, name) => context[name]);
    const key = how + path;
    if (!this.#answers.has(key)) {
      this.#answers.set(key, this.server[how](path).then((answer) => absoluteNext(answer, this.server)));
    }
    return this.#answers.get(key);
  }
}

// Whoever reads a Bundle in a request cannot know from which URL it came.
function absoluteNext(answer, server) {
  const next = nextOf(answer);
  return next ? { ...answer, link: [{ relation: 'next', url: new URL(next, `${server.base}/`).href }] } : answer;
}
