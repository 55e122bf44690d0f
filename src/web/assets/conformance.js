// Does a response keep the rules of CDS Hooks 2.0? Each rule by itself, with what breaks it.

const ABSOLUTE = /^https?:\/\/[^/\s]+/;

/** Every rule: `[id, words, breaks]`, where `breaks(response, answer)` lists what breaks it. */
const RULES = [
  ["HTTP-1", "The status is 200 and the body is JSON", (_, { status, mediaType }) => (status === 200 && /json/.test(mediaType) ? [] : [`${status} ${mediaType}`])],
  ["RESP-1", "cards is an array", ({ cards }) => (Array.isArray(cards) ? [] : ["cards"])],
  ["GEN-2", "Nothing is null or empty except cards", (response) => empties(response, "")],
  ["CARD-1", "Each card has a uuid of its own", ({ cards }) => repeated(cards.map((card) => card.uuid))],
  ["CARD-2", "summary is a text of fewer than 140 characters", each((card) => isText(card.summary) && [...card.summary].length < 140)],
  ["CARD-3", "detail is a text without HTML", each((card) => card.detail === undefined || (isText(card.detail) && !/(^|[^\\])<[a-z!/]/i.test(card.detail)))],
  ["CARD-4", "indicator is info, warning or critical", each((card) => ["info", "warning", "critical"].includes(card.indicator))],
  ["SRC-1", "source has a label", each((card) => isText(card.source?.label))],
  ["SRC-2", "source.url and icon are absolute", each(({ source }) => [source?.url, source?.icon].every((url) => url === undefined || ABSOLUTE.test(url)))],
  ["SRC-4", "source.topic is a Coding with system and code", each(({ source }) => source?.topic === undefined || (isText(source.topic.code) && isText(source.topic.system)))],
  ["CARD-7", "selectionBehavior comes with suggestions, and is at-most-one or any", each((card) => !card.suggestions || ["at-most-one", "any"].includes(card.selectionBehavior))],
  ["SUG-1", "Each suggestion has a label and a uuid of its own", ({ cards }) => {
    const all = cards.flatMap((card) => card.suggestions ?? []);
    return [...all.filter(({ label }) => !isText(label)).map(() => "label"), ...repeated(all.map(({ uuid }) => uuid))];
  }],
  ["SUG-3", "At most one suggestion is recommended where at most one may be chosen", each((card) => card.selectionBehavior !== "at-most-one" || card.suggestions.filter(({ isRecommended }) => isRecommended).length < 2)],
  ["ACT-1", "Each action is create, update or delete, and has a description", action((one) => ["create", "update", "delete"].includes(one.type) && isText(one.description))],
  ["ACT-3", "create and update carry a whole resource", action((one) => one.type === "delete" || isText(one.resource?.resourceType))],
  ["ACT-4", "delete carries Type/id in resourceId and no resource", action((one) => one.type !== "delete" || (/^[A-Z]\w+\/\S+$/.test(one.resourceId) && one.resource === undefined))],
  ["LINK-1", "Each link has a label, an absolute url and a type", each((card) => (card.links ?? []).every(({ label, url, type }) => isText(label) && ABSOLUTE.test(url) && ["absolute", "smart"].includes(type)))],
  ["OVR-1", "Each reason to override has code, system and display", each((card) => (card.overrideReasons ?? []).every((one) => isText(one.code) && isText(one.system) && isText(one.display)))],
];

/** The outcome of every rule: `{ id, rule, breaks }`. */
export function check(answer) {
  let response;
  try {
    response = JSON.parse(answer.text);
  } catch {
    return [{ id: "GEN-1", rule: "The body is JSON", breaks: ["it is not"] }];
  }
  const safe = { ...response, cards: Array.isArray(response.cards) ? response.cards : [] };
  return RULES.map(([id, rule, breaks]) => ({ id, rule, breaks: breaks(id === "RESP-1" ? response : safe, answer) }));
}

function isText(value) {
  return typeof value === "string" && value.trim() !== "";
}

function each(keeps) {
  return ({ cards }) => cards.flatMap((card, at) => (keeps(card) ? [] : [`cards[${at}]`]));
}

function action(keeps) {
  return ({ cards }) => cards.flatMap((card, at) => {
    const all = (card.suggestions ?? []).flatMap((suggestion) => suggestion.actions ?? []);
    return all.filter((one) => !keeps(one)).map(() => `cards[${at}]`);
  });
}

function repeated(list) {
  const missing = list.filter((one) => !isText(one)).map(() => "without uuid");
  return new Set(list).size === list.length ? missing : [...missing, "repeated uuid"];
}

function empties(value, path) {
  const exempt = path === ".cards";
  if (value === null || value === "") return [path];
  if (typeof value !== "object") return [];
  const inner = Object.entries(value);
  if (inner.length === 0) return exempt ? [] : [path];
  return inner.flatMap(([key, one]) => empties(one, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`));
}
