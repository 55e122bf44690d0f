// Prefetch templates, resolved as an EHR resolves them: tokens from the context, then a read or a search of the record.

import { codings, dated, token } from "./record.js";

/** Where a search by token looks, by the name of the parameter. */
const TOKENS = {
  code: (resource) => codings(resource.code),
  category: (resource) => codings(resource.category),
  "clinical-status": (resource) => codings(resource.clinicalStatus),
};

/** The query of a template: every `{{token}}` replaced. */
export function query(template, context) {
  return template.replaceAll(/\{\{\s*([^}]+?)\s*\}\}/g, (_, name) => {
    const [type, id] = (context.userId ?? "").split("/");
    const users = { userPractitionerId: "Practitioner", userPractitionerRoleId: "PractitionerRole", userPatientId: "Patient", userRelatedPersonId: "RelatedPerson" };
    if (name in users) return users[name] === type ? id : "";
    return name.startsWith("context.") ? (context[name.slice("context.".length)] ?? "") : "";
  });
}

/** What the record answers to a query: a resource, a Bundle, or `null` where a read finds nothing. */
export function answer(text, record) {
  if (!text.includes("?")) return record.find(text) ?? null;
  const [type, search] = text.split("?");
  const parameters = new URLSearchParams(search);
  let found = record.ofType(type).filter((resource) => matches(resource, parameters));
  if (parameters.get("_sort") === "-date") found = found.toSorted(newestFirst);
  const count = Number(parameters.get("_count"));
  if (count > 0) found = found.slice(0, count);
  const drugs = type.startsWith("Medication") && type !== "Medication" ? record.ofType("Medication") : [];
  const entry = [
    ...found.map((resource) => ({ resource, search: { mode: "match" } })),
    ...drugs.map((resource) => ({ resource, search: { mode: "include" } })),
  ];
  const bundle = { resourceType: "Bundle", type: "searchset", total: found.length };
  return entry.length > 0 ? { ...bundle, entry } : bundle;
}

function newestFirst(one, other) {
  const [a, b] = [dated(one), dated(other)];
  return a < b ? 1 : a > b ? -1 : 0;
}

function matches(resource, parameters) {
  for (const [name, value] of parameters) {
    const wanted = value.split(",");
    if (name === "status" && !wanted.includes(resource.status)) return false;
    const looked = TOKENS[name];
    // Everything in the record is the patient's own, so that `patient` always matches.
    if (looked && !looked(resource).some((coding) => wanted.some((one) => one === token(coding) || one === coding.code))) return false;
  }
  return true;
}

/** Every template of a service: its key, itself, its query, what the record answers, and how many resources. */
export function resolve(templates, context, record) {
  return Object.entries(templates ?? {}).map(([key, template]) => {
    const asked = query(template, context);
    const resource = answer(asked, record);
    const count = resource?.resourceType === "Bundle" ? resource.total : resource ? 1 : 0;
    return { key, template, query: asked, resource, count };
  });
}

/** The `prefetch` member of a call. */
export const prefetchOf = (resolved) => Object.fromEntries(resolved.map(({ key, resource }) => [key, resource]));

