// Clients that call hooks and send feedback on the cards until a file is there. Every answer that is not 200 is a failure,
// and nothing is tried twice: what a client would have to repeat is what must not happen.
//
//   node load.mjs URL KEY STOP ACKNOWLEDGED
import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { Agent, request } from "node:https";

const [url, keyFile, stopFile, acknowledgedFile] = process.argv.slice(2);
const CLIENTS = 8;
/** Between two calls of a client, so that there is time for calls of different length to overlap with every stop. */
const PAUSE_MS = 20;

const KID = process.env.GAITKEEPER_E2E_KID;
const raw = readFileSync(keyFile);
const key = createPrivateKey(raw.includes("BEGIN") ? raw : { key: raw, format: "der", type: "pkcs8" });
const bodies = new Map([
  ["leg-pain-patient-view", "claudication-untreated"],
  ["leg-pain-order-sign", "oxycodone-in-claudication"],
].map(([service, scenario]) =>
  [service, readFileSync(`fixtures/hooks/${service}/${scenario}/request.json`, "utf8")]));
const services = [...bodies.keys()];

/** Good for one call of one service. */
function token(service) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: "https://ehr.example/iss", aud: `${url}/cds-services/${service}`, iat: now, exp: now + 300, jti: randomUUID(),
  };
  const head = { alg: "ES384", typ: "JWT", kid: KID };
  const text = `${part(head)}.${part(claims)}`;
  return `${text}.${sign("sha384", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });

function post(path, service, body) {
  return new Promise((resolve, reject) => {
    const headers = {
      "authorization": `Bearer ${token(service)}`, "content-type": "application/json", "content-length": Buffer.byteLength(body),
    };
    const sent = request(`${url}${path}`, { method: "POST", headers, agent, timeout: 15_000 }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode, text: Buffer.concat(chunks).toString() }));
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer")));
    sent.on("error", reject);
    sent.end(body);
  });
}

let calls = 0;
let number = 0;
const times = [];
const failures = [];

async function ask(path, service, body) {
  calls += 1;
  const begun = performance.now();
  try {
    const answer = await post(path, service, body);
    times.push(performance.now() - begun);
    if (answer.status === 200) return answer.text;
    failures.push(`${answer.status} ${path} ${answer.text.slice(0, 200)}`);
  } catch (error) {
    failures.push(`${error.code ?? ""} ${error.message} ${path}`);
  }
  return undefined;
}

async function client(place) {
  for (let round = place; !existsSync(stopFile); round += 1) {
    const service = services[round % services.length];
    const text = await ask(`/cds-services/${service}`, service, bodies.get(service));
    const cards = text === undefined ? [] : JSON.parse(text).cards;
    if (text !== undefined && cards.length === 0) failures.push(`no card of ${service}`);
    for (const card of cards.slice(0, 2)) {
      number += 1;
      const code = `item-${number}`;
      const item = {
        card: card.uuid, outcome: "overridden", outcomeTimestamp: new Date().toISOString(),
        overrideReason: { reason: { system: "urn:e2e", code } },
      };
      const taken = await ask(`/cds-services/${service}/feedback`, service, JSON.stringify({ feedback: [item] }));
      if (taken !== undefined) appendFileSync(acknowledgedFile, `${code}\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

await Promise.all(Array.from({ length: CLIENTS }, (_, place) => client(place)));
times.sort((a, b) => a - b);
const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))]?.toFixed(0);
console.log(`load: ${calls} calls, ${failures.length} failed; median ${at(0.5)} ms, 99% ${at(0.99)} ms, longest ${at(1)} ms`);
failures.slice(0, 20).forEach((failure) => console.log(`load: ${failure}`));
process.exit(failures.length === 0 ? 0 : 1);
