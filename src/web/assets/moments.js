// What happens in the EHR, and the hook and context that a service is told of it.

import { reference } from "./record.js";

/** The context of a hook for a state of the EHR; `more` is what only this moment knows. */
export function contextOf(hook, state, more = {}) {
  const context = { userId: state.user, patientId: state.record.patient.id };
  const [encounter] = state.record.ofType("Encounter");
  if (encounter?.id) context.encounterId = encounter.id;
  if (hook === "encounter-discharge") context.encounterId ??= "sandbox-encounter";
  if (hook === "order-select") context.selections = more.selections ?? state.drafts.map(reference);
  if (hook === "order-select" || hook === "order-sign") context.draftOrders = collection(state.drafts);
  if (hook === "problem-list-item-create") context.conditions = collection(more.conditions ?? []);
  return context;
}

const collection = (resources) => ({ resourceType: "Bundle", type: "collection", entry: resources.map((resource) => ({ resource })) });

/** What happened, in words. */
export const MOMENTS = {
  "patient-view": "Chart opened",
  "problem-list-item-create": "Problem added",
  "order-select": "Order chosen",
  "order-sign": "Orders about to be signed",
  "encounter-discharge": "Discharge",
};

/** The body of a call, as JSON. */
export function bodyOf(hook, context, prefetch) {
  return JSON.stringify({ hook, hookInstance: crypto.randomUUID(), context, prefetch });
}
