// What an accepted suggestion does: its actions together, in the order of a FHIR transaction.

import { reference } from "./record.js";

const ORDER = ["delete", "create", "update"];
const ORDERS = new Set(["MedicationRequest", "ServiceRequest", "DeviceRequest", "NutritionOrder", "VisionPrescription", "CommunicationRequest", "Task"]);

/** Applies actions to the drafts and the record; says how many of each kind were done. */
export function apply(actions, state) {
  const done = { create: 0, update: 0, delete: 0 };
  const inOrder = actions.toSorted((one, other) => ORDER.indexOf(one.type) - ORDER.indexOf(other.type));
  for (const action of inOrder) {
    if (action.type === "delete") {
      for (const ref of [action.resourceId].flat()) remove(ref, state);
    } else if (action.type === "create") {
      create(structuredClone(action.resource), state);
    } else {
      replace(structuredClone(action.resource), state);
    }
    done[action.type] += 1;
  }
  return done;
}

const nameOf = (ref) => String(ref).split("/").slice(-2).join("/");

function remove(ref, state) {
  const at = state.drafts.findIndex((draft) => reference(draft) === nameOf(ref));
  if (at >= 0) state.drafts.splice(at, 1);
  else state.record.delete(nameOf(ref));
}

function create(resource, state) {
  resource.id ??= crypto.randomUUID();
  // What is ordered still has to be signed; a problem or another finding is on the record at once.
  if (ORDERS.has(resource.resourceType)) state.drafts.push(resource);
  else state.record.put(resource);
}

function replace(resource, state) {
  const at = state.drafts.findIndex((draft) => reference(draft) === reference(resource));
  if (at >= 0) state.drafts[at] = resource;
  else state.record.put(resource);
}
