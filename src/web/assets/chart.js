// The chart of a patient: problems, results, medicines, allergies and what else there is.

import { element, table } from "./dom.js";
import { codings, dated, day, reference, token, words } from "./record.js";
import { trend } from "./trend.js";

/** Shows a record. */
export function showChart(node, record, drafts) {
  const lists = [
    problems(record.ofType("Condition")),
    results(record),
    medicines(record),
    allergies(record.ofType("AllergyIntolerance")),
    others(record, drafts),
  ];
  node.replaceChildren(...lists.filter(Boolean));
}

/** How a patient is called: name, age, sex. */
export function headline(patient) {
  const name = patient.name?.[0];
  const called = name?.text ?? [...(name?.given ?? []), name?.family].filter(Boolean).join(" ");
  const born = patient.birthDate ? `born ${patient.birthDate}` : "date of birth not recorded";
  return [called || "No name", patient.gender, born].filter(Boolean).join(", ");
}

function list(title, items, none) {
  const node = element("section", "chart-part", element("h3", "", title));
  node.append(items.length > 0 ? element("ul", "plain", ...items) : element("p", "quiet", none));
  return node;
}

function line(text, ...remarks) {
  const said = remarks.filter(Boolean).join(", ");
  return element("li", "", text || "Without a name", said ? element("span", "quiet", ` ${said}`) : "");
}

const statusOf = (value) => words(value) || codings(value)[0]?.code || "";

function problems(conditions) {
  const items = conditions.map((one) => {
    const status = [statusOf(one.clinicalStatus), statusOf(one.verificationStatus)].filter((s) => s && s !== "active" && s !== "confirmed");
    return line(words(one.code), dated(one) && `since ${day(dated(one))}`, ...status);
  });
  return list("Problems", items, "None recorded.");
}

/** The numbers of an Observation: its own, and those of its components. */
export function quantities(observation) {
  const own = observation.valueQuantity ? [{ code: observation.code, quantity: observation.valueQuantity, at: null }] : [];
  const inside = (observation.component ?? []).map((component, at) => ({ code: component.code, quantity: component.valueQuantity, at }));
  return [...own, ...inside.filter(({ quantity }) => quantity)];
}

/** The results of a record by what was measured, each oldest first. */
export function series(record) {
  const found = new Map();
  for (const observation of record.ofType("Observation").filter(({ status }) => status !== "entered-in-error")) {
    for (const { code, quantity, at } of quantities(observation)) {
      const [first] = codings(code);
      const site = words(observation.bodySite);
      const key = `${first ? token(first) : words(code)} ${site}`;
      const title = [words(code), site].filter(Boolean).join(", ");
      const one = { value: quantity.value, unit: quantity.unit ?? quantity.code ?? "", comparator: quantity.comparator ?? "", when: dated(observation), ref: reference(observation), at };
      if (!found.has(key)) found.set(key, { key, title, points: [] });
      found.get(key).points.push(one);
    }
  }
  for (const { points } of found.values()) points.sort((a, b) => (a.when < b.when ? -1 : 1));
  return [...found.values()];
}

function results(record) {
  const node = element("section", "chart-part", element("h3", "", "Results"));
  const measured = series(record).map(({ title, points }) => {
    const newest = points.at(-1);
    const shown = `${newest.comparator}${newest.value} ${newest.unit}`.trim();
    const said = `${title}: ${points.map(({ value, when }) => `${value} on ${day(when)}`).join(", ")}`;
    return [title, shown, day(newest.when) || "no date", trend(points, said) ?? ""];
  });
  const answered = record.ofType("Observation").filter((one) => quantities(one).length === 0).map((one) => {
    const value = words(one.valueCodeableConcept) || (one.valueString ?? "") || words(one.dataAbsentReason) || one.status;
    return [words(one.code), value, day(dated(one)) || "no date", ""];
  });
  const rows = [...measured, ...answered];
  node.append(rows.length > 0 ? table(["What", "Newest", "Date", "Trend"], rows, "Results") : element("p", "quiet", "None recorded."));
  return node;
}

/** What a MedicationRequest or -Statement is for, also where the drug is another resource. */
export function drug(resource, record) {
  const ref = resource.medicationReference?.reference;
  const contained = ref?.startsWith("#") && resource.contained?.find(({ id }) => id === ref.slice(1));
  const medication = contained || (ref && record?.find(ref.split("/").slice(-2).join("/")));
  return words(resource.medicationCodeableConcept) || words(medication?.code) || resource.medicationReference?.display || "";
}

/** What an order asks for, in words. */
export function ordered(resource, record) {
  const dose = resource.dosageInstruction?.[0]?.text ?? resource.dosage?.[0]?.text;
  const site = words([resource.bodySite].flat()[0]);
  const what = resource.resourceType.startsWith("Medication") ? drug(resource, record) : words(resource.code ?? resource.codeCodeableConcept);
  return [what || resource.resourceType, dose, site].filter(Boolean).join(", ");
}

function medicines(record) {
  const all = ["MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"].flatMap((type) => record.ofType(type));
  const items = all.map((one) => line(ordered(one, record), one.doNotPerform ? "do not give" : "", one.status === "active" ? "" : one.status, day(dated(one))));
  return list("Medicines", items, "None recorded.");
}

function allergies(entries) {
  return entries.length > 0 ? list("Allergies", entries.map((one) => line(words(one.code), one.criticality)), "") : null;
}

function others(record, drafts) {
  const shown = new Set(["Patient", "Condition", "Observation", "AllergyIntolerance", "Medication", "MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"]);
  const rest = record.all().filter(({ resourceType, id }) => !shown.has(resourceType) && !drafts.some((draft) => draft.id === id));
  const items = rest.map((one) => line(words(one.code ?? one.codeCodeableConcept ?? one.type?.[0]) || one.resourceType, one.resourceType, one.status, day(dated(one))));
  return items.length > 0 ? list("Also in the record", items, "") : null;
}
