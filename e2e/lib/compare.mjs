// Whether two answers say the same.
import { isDeepStrictEqual } from 'node:util';

/** Cards without what is new in every answer: uuids, and the id and time of resources that a suggestion creates. */
export function comparable(cards) {
  return cards.map(({ uuid, suggestions, ...card }) => ({
    ...card,
    suggestions: suggestions?.map(({ uuid, actions, ...suggestion }) => ({
      ...suggestion,
      actions: actions?.map((action) => (action.type === 'create' ? { ...action, resource: created(action.resource) } : action)),
    })),
  }));
}

const created = ({ id, authoredOn, recordedDate, ...resource }) => resource;

/** Where two values first differ, in words; nothing where they do not. */
export function firstDifference(one, other, path = 'cards') {
  if (isDeepStrictEqual(one, other)) return undefined;
  if (isContainer(one) && isContainer(other) && Array.isArray(one) === Array.isArray(other)) {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const found = firstDifference(one[key], other[key], `${path}.${key}`);
      if (found) return found;
    }
  }
  return { path, one: around(one, other), other: around(other, one) };
}

const isContainer = (value) => value !== null && typeof value === 'object';

// The part of a long text where it differs.
function around(value, other) {
  const [text, against] = [value, other].map((each) => JSON.stringify(each) ?? 'nothing');
  let at = 0;
  while (at < text.length && text[at] === against[at]) at += 1;
  const from = Math.max(0, at - 60);
  return `${from > 0 ? '…' : ''}${text.slice(from, at + 160)}`;
}
