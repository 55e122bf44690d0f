// Gaitkeeper over HTTP, as any CDS client calls it.

/** This service, wherever a proxy put it. */
export const root = new URL("..", import.meta.url);

/** Speaks CDS Hooks; every answer comes with its text and how long it took. */
async function send(path, body) {
  const begun = performance.now();
  const init = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body };
  const answered = await fetch(new URL(path, root), init);
  const text = await answered.text();
  return {
    ok: answered.ok,
    status: answered.status,
    mediaType: answered.headers.get("content-type") ?? "",
    text,
    took: performance.now() - begun,
  };
}

/** The parsed body of an answer; an error in words for people where it is a refusal. */
export function parsed(answer) {
  if (answer.ok) return JSON.parse(answer.text);
  let words = `The service answered with ${answer.status}.`;
  try {
    const [issue] = JSON.parse(answer.text).issue;
    words = `${answer.status}: ${[issue.details?.text, issue.diagnostics].filter(Boolean).join(" ")}`;
  } catch {
    // Not every refusal is an OperationOutcome: a proxy may have answered.
  }
  throw new Error(words);
}

export const discover = () => send("cds-services");
export const call = (id, body) => send(`cds-services/${encodeURIComponent(id)}`, body);
export const feedback = (id, body) => send(`cds-services/${encodeURIComponent(id)}/feedback`, JSON.stringify(body));
export const explain = (id, body) => send(`sandbox/explanations/${encodeURIComponent(id)}`, body);
export const syntheticPatient = (slug, date) => send(`sandbox/patients/${encodeURIComponent(slug)}?day=${encodeURIComponent(date)}`);
export const syntheticOrder = (slug) => send(`sandbox/orders/${encodeURIComponent(slug)}`);
export const syntheticProblem = (slug) => send(`sandbox/problems/${encodeURIComponent(slug)}`);
export const questionnaire = (url) => send(url);
