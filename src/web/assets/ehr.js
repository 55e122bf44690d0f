// The EHR that the page plays: one patient, draft orders, and the cards of each service until they are stale.

import * as client from "./client.js";
import { bodyOf, contextOf } from "./moments.js";
import { prefetchOf, resolve } from "./prefetch.js";
import { reference } from "./record.js";
import { apply } from "./suggestions.js";

export class Ehr {
  /** What is known of the patient. */
  record = null;
  /** Orders that are not signed. */
  drafts = [];
  /** `context.userId` */
  user = "";
  /** What discovery offers. */
  services = [];
  /** The last call of each service, by its id: a later one replaces it, and its cards with it. */
  calls = new Map();
  /** What was sent as feedback, newest first. */
  feedback = [];
  /** Counts what happens, so that a late answer does not replace a newer one. */
  #turn = 0;

  constructor(changed) {
    this.changed = changed;
  }

  async discover() {
    this.discovery = await client.discover();
    this.services = client.parsed(this.discovery).services;
  }

  /** Another patient: everything of the last one goes. */
  admit(record, user) {
    this.#turn += 1;
    Object.assign(this, { record, user, drafts: [], calls: new Map(), pending: undefined });
  }

  /** Tells every service of a hook what happened. Cards of `stale` hooks go, as they speak of what was before. */
  async fire(hook, more = {}, stale = []) {
    this.#turn += 1;
    const turn = this.#turn;
    for (const [id, call] of this.calls) if (stale.includes(call.hook)) this.calls.delete(id);
    const services = this.services.filter((service) => service.hook === hook);
    const calls = await Promise.all(services.map((service) => this.#ask(service, more)));
    if (turn !== this.#turn) return false;
    for (const call of calls) {
      // Behind the others, so that the newest stands last.
      this.calls.delete(call.service.id);
      this.calls.set(call.service.id, call);
    }
    this.changed();
    return true;
  }

  /** Asks again what was asked, of what is known now. */
  async again() {
    this.#turn += 1;
    const turn = this.#turn;
    const asked = await Promise.all([...this.calls.values()].map(({ service, more }) => this.#ask(service, more)));
    if (turn !== this.#turn) return;
    this.calls = new Map(asked.map((call) => [call.service.id, call]));
    this.changed();
  }

  async #ask(service, more) {
    const context = contextOf(service.hook, this, more);
    const resolved = resolve(service.prefetch, context, this.record);
    const body = bodyOf(service.hook, context, prefetchOf(resolved));
    const call = { service, hook: service.hook, more, context, resolved, body, cards: [] };
    try {
      call.answer = await client.call(service.id, body);
      call.cards = client.parsed(call.answer).cards;
    } catch (error) {
      call.problem = error.message;
    }
    return call;
  }

  /** Takes suggestions of a card: their actions are applied, the card goes, the service hears of it. */
  async accept(call, card, suggestions) {
    apply(suggestions.flatMap((suggestion) => suggestion.actions ?? []), this);
    for (const draft of this.drafts) draft.subject ??= { reference: reference(this.record.patient) };
    const acceptedSuggestions = suggestions.map(({ uuid }) => ({ id: uuid }));
    await this.#settle(call, card, { outcome: "accepted", acceptedSuggestions });
  }

  /** Sets a card aside, with or without a reason. */
  async override(call, card, { reason, comment }) {
    const overrideReason = {};
    if (reason) overrideReason.reason = { code: reason.code, system: reason.system, display: reason.display };
    if (comment) overrideReason.userComment = comment;
    const why = Object.keys(overrideReason).length > 0 ? { overrideReason } : {};
    await this.#settle(call, card, { outcome: "overridden", ...why });
  }

  async #settle(call, card, outcome) {
    call.cards = call.cards.filter((one) => one !== card);
    const body = { feedback: [{ card: card.uuid, ...outcome, outcomeTimestamp: new Date().toISOString() }] };
    const sent = { service: call.service.id, body, status: 0 };
    try {
      sent.status = (await client.feedback(call.service.id, body)).status;
    } catch {
      // Feedback is good to have; a clinician does not wait for it.
    }
    this.feedback.unshift(sent);
    this.changed();
  }

  /** What is drafted becomes what is ordered. */
  sign() {
    for (const draft of this.drafts) this.record.put({ ...draft, status: "active", authoredOn: new Date().toISOString() });
    this.drafts = [];
    this.drop("order-select", "order-sign");
  }

  /** Cards of these hooks are stale. */
  drop(...hooks) {
    for (const [id, call] of this.calls) if (hooks.includes(call.hook)) this.calls.delete(id);
  }
}
