// What an integrator wants to see of a call: its bytes, its prefetch, whether it keeps the rules.

import { check } from "./conformance.js";
import { button, code, element, part, table } from "./dom.js";
import { indented } from "./json.js";

const publicUrl = part("main").dataset.publicUrl.replace(/\/$/, "");
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** How long a text is, in words. */
export function size(text) {
  const bytes = new TextEncoder().encode(text).length;
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`;
}

/** A text that can be copied. */
function copyable(title, text, open = false) {
  const copies = button("Copy", "", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copies.textContent = "Copied";
    } catch {
      copies.textContent = "Not allowed here";
    }
    setTimeout(() => (copies.textContent = "Copy"), 2000);
  });
  copies.setAttribute("aria-label", `Copy: ${title}`);
  const node = element("details", "", element("summary", "", title), element("div", "copyable", copies, code(text, title)));
  node.open = open;
  return node;
}

/** The request and the response as JSON, and the same call as curl. */
export function showWire(node, call) {
  const command = `curl -s -H 'content-type: application/json' \\\n  ${quoted(`${publicUrl}/cds-services/${call.service.id}`)} \\\n  -d ${quoted(call.body)}`;
  const response = call.answer?.text ?? "";
  part("sizes").textContent = `${size(call.body)} out, ${size(response)} back`;
  node.replaceChildren(
    copyable("Response", indented(response), true),
    copyable("Request", indented(call.body)),
    copyable("As curl, complete", command),
  );
}

/** Prefetch, conformance, feedback, discovery. */
export function showIntegrator(node, call, ehr) {
  const took = call.answer ? `${Math.max(1, Math.round(call.answer.took))} ms` : "no answer";
  const rows = call.resolved.map(({ key, template, query, count }) => [
    element("code", "", key),
    element("details", "template", element("summary", "", readable(query)), element("p", "", element("code", "", template))),
    String(count),
  ]);
  const checked = check(call.answer ?? { status: 0, mediaType: "", text: "" });
  const broken = checked.filter(({ breaks }) => breaks.length > 0);
  const verdict = broken.length === 0 ? `All ${checked.length} rules are kept.` : `${broken.length} of ${checked.length} rules are broken.`;
  node.replaceChildren(
    element("p", "", `Answered in ${took}, as this browser saw it. HTTP ${call.answer?.status ?? "-"}.`),
    element("h3", "", "Prefetch templates, resolved"),
    table(["Key", "Query", "Resources"], rows, "Prefetch templates"),
    element("h3", "", "Conformance of the response"),
    element("p", broken.length === 0 ? "kept" : "broken", verdict),
    table(["Rule", "What", "Kept"], checked.map(({ id, rule, breaks }) => [id, rule, breaks.length === 0 ? "yes" : `no: ${breaks.join(", ")}`]), "Conformance"),
    element("h3", "", "Feedback"),
    ...feedback(ehr.feedback),
    element("h3", "", "Discovery"),
    copyable("GET /cds-services", indented(ehr.discovery.text)),
  );
}

/** A query as a person reads it: a long list of codes is cut short. */
function readable(query) {
  const text = decodeURIComponent(query);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

function feedback(sent) {
  if (sent.length === 0) return [element("p", "quiet", "None yet: accept or override a card.")];
  return sent.map(({ service, body, status }) => {
    const words = status === 404 ? "404: this service takes no feedback" : status === 0 ? "no answer" : `answered with ${status}`;
    return copyable(`POST /cds-services/${service}/feedback, ${words}`, indented(JSON.stringify(body)));
  });
}
