// Cards as an EHR shows them, with what a person can do about each.

import { button, code, element, labelled } from "./dom.js";
import { indented } from "./json.js";
import { markdown } from "./markdown.js";

const INDICATORS = { info: "Info", warning: "Warning", critical: "Critical" };
const ACTIONS = { create: "Create", update: "Update", delete: "Delete" };

/** One card. `answer.accept(suggestions)` and `answer.override(reason)` are called for what a person decides. */
export function cardNode(card, answer) {
  const node = element("article", "card");
  const known = Object.hasOwn(INDICATORS, card.indicator) ? card.indicator : "info";
  node.classList.add(known);
  node.append(element("header", "", element("span", "indicator", INDICATORS[known]), element("h3", "", card.summary)));
  if (card.detail) node.append(element("div", "detail", markdown(card.detail)));
  if (card.suggestions?.length > 0) node.append(suggestions(card, answer));
  node.append(foot(card));
  node.append(overriding(card, answer));
  return node;
}

function suggestions(card, answer) {
  const some = card.suggestions.length > 1;
  const how = { "at-most-one": some ? "Suggestions: at most one" : "Suggestion", any: "Suggestions: any number" };
  const list = element("ul");
  const chosen = new Set();
  for (const suggestion of card.suggestions) {
    const item = element("li", "", element("span", "label", suggestion.label));
    if (suggestion.isRecommended) item.append(" ", element("span", "badge", "recommended"));
    item.append(element("ul", "actions", ...(suggestion.actions ?? []).map(actionNode)));
    item.append(card.selectionBehavior === "any" ? choice(suggestion, chosen) : accept(suggestion, answer));
    list.append(item);
  }
  const part = element("section", "suggestions", element("h4", "", how[card.selectionBehavior] ?? "Suggestions"), list);
  if (card.selectionBehavior === "any") {
    part.append(button("Accept what is ticked", "primary", () => chosen.size > 0 && answer.accept([...chosen])));
  }
  return part;
}

function accept(suggestion, answer) {
  const node = button("Accept", "primary", () => answer.accept([suggestion]));
  node.setAttribute("aria-label", `Accept: ${suggestion.label}`);
  return node;
}

function choice(suggestion, chosen) {
  const box = element("input");
  box.type = "checkbox";
  box.addEventListener("change", () => (box.checked ? chosen.add(suggestion) : chosen.delete(suggestion)));
  return element("label", "tick", box, element("span", "", `Take: ${suggestion.label}`));
}

function actionNode(action) {
  const item = element("li", "", element("strong", "", ACTIONS[action.type] ?? action.type), ` ${action.description}`);
  if (action.resourceId) item.append(" ", element("code", "", [action.resourceId].flat().join(", ")));
  if (action.resource) {
    const kind = action.resource.resourceType ?? "Resource";
    const json = code(indented(JSON.stringify(action.resource)), `${kind} as JSON`);
    item.append(element("details", "", element("summary", "", `${kind} as JSON`), json));
  }
  return item;
}

function foot(card) {
  const source = element("span", "source", "Source: ", link(card.source?.label ?? "", card.source?.url));
  return element("footer", "", source, ...(card.links ?? []).map((one) => link(one.label, one.url)));
}

function overriding(card, answer) {
  const reasons = element("select");
  const none = element("option", "", "No reason");
  none.value = "";
  reasons.append(none);
  for (const [at, reason] of (card.overrideReasons ?? []).entries()) {
    const option = element("option", "", reason.display ?? reason.code);
    option.value = String(at);
    reasons.append(option);
  }
  const comment = element("input");
  comment.maxLength = 200;
  const form = element("form", "inline");
  if (card.overrideReasons?.length > 0) form.append(labelled("Reason", reasons));
  const send = element("button", "", "Override");
  send.setAttribute("aria-label", `Override: ${card.summary}`);
  form.append(labelled("Comment", comment), send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer.override({ reason: card.overrideReasons?.[Number(reasons.value || NaN)], comment: comment.value.trim() });
  });
  const name = element("summary", "", card.indicator === "info" ? "Dismiss this card" : "Override this card");
  return element("details", "override", name, form);
}

/** A link to open beside the page; plain text where the address is not one of the web. */
function link(label, url) {
  if (!/^https?:\/\//.test(url ?? "")) return element("span", "", label);
  const node = element("a", "", label);
  node.href = url;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  return node;
}
