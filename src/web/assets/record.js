// The record of one patient, held in the browser as an EHR's database would hold it.

/** Code systems that a chart may spell as an OID. */
const OIDS = {
  "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
  "urn:oid:2.16.840.1.113883.6.96": "http://snomed.info/sct",
  "urn:oid:2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
  "urn:oid:2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
};

export class Record {
  #resources = new Map();

  /** Takes in the text of a Bundle; throws words for people where it is none. */
  static read(text) {
    let bundle;
    try {
      bundle = JSON.parse(text);
    } catch {
      throw new Error("This is not JSON.");
    }
    if (bundle?.resourceType !== "Bundle" || !Array.isArray(bundle.entry)) {
      throw new Error("This is not a FHIR Bundle with entries.");
    }
    // A server that takes a record in gives every entry a name of its own, and references follow.
    const names = new Map();
    for (const { fullUrl, resource } of bundle.entry) {
      if (fullUrl?.startsWith("urn:uuid:") && resource?.id) names.set(fullUrl, reference(resource));
    }
    const record = new Record();
    for (const { resource } of bundle.entry) {
      if (resource?.resourceType) record.put(renamed(resource, names));
    }
    const [patient] = record.ofType("Patient");
    if (!patient?.id) throw new Error("The Bundle holds no Patient with an id.");
    record.patient = patient;
    return record;
  }

  /** The resources of one type, in the order of the record. */
  ofType(type) {
    return [...this.#resources.values()].filter((resource) => resource.resourceType === type);
  }

  /** Every resource. */
  all() {
    return [...this.#resources.values()];
  }

  find(ref) {
    return this.#resources.get(ref);
  }

  /** Adds a resource, or replaces the one of the same name. */
  put(resource) {
    const id = resource.id ?? `without-id-${this.#resources.size}`;
    this.#resources.set(`${resource.resourceType}/${id}`, resource);
  }

  delete(ref) {
    return this.#resources.delete(ref);
  }
}

function renamed(value, names) {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  if (value === null || typeof value !== "object") return value;
  const pairs = Object.entries(value).map(([key, inner]) => {
    const known = key === "reference" && typeof inner === "string" && names.get(inner);
    return [key, known || renamed(inner, names)];
  });
  return Object.fromEntries(pairs);
}

/** `Type/id`. */
export const reference = ({ resourceType, id }) => `${resourceType}/${id}`;

/** The codings of a CodeableConcept, also where a chart is not quite FHIR. */
export function codings(concept) {
  const list = Array.isArray(concept) ? concept : [concept];
  return list.flatMap((one) => (Array.isArray(one?.coding) ? one.coding : []));
}

/** `system|code`, whichever way the system is spelt. */
export const token = ({ system, code }) => `${OIDS[system] ?? system}|${code}`;

/** What a person would call a concept. */
export function words(concept) {
  if (typeof concept === "string") return concept;
  const [first] = codings(concept);
  return concept?.text ?? first?.display ?? first?.code ?? "";
}

/** The day of a FHIR date, dateTime or instant. */
export const day = (text) => (typeof text === "string" ? text.slice(0, 10) : "");

/** When a resource was true or was written. */
export const dated = (resource) =>
  resource.effectiveDateTime ?? resource.effectivePeriod?.start ?? resource.authoredOn ?? resource.authored ??
  resource.onsetDateTime ?? resource.recordedDate ?? resource.performedDateTime ?? "";
