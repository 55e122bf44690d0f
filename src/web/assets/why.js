// Why there is a card or none: what every rule of a service made of the chart.

import { button, code, element, table } from "./dom.js";
import { indented } from "./json.js";

const KINDS = [
  ["fires", "Fired"],
  ["silenced", "Silenced by a graver rule"],
  ["unknown", "Could not be judged"],
  ["silent", "Stayed silent"],
  ["not judged", "Not judged"],
];

/** Shows a report of what was read and judged. `find` gives a resource of the call by `Type/id`. */
export function showWhy(node, report, find) {
  const parts = KINDS.map(([start, title]) => {
    const rules = report.rules.filter(({ outcome }) => outcome.startsWith(start));
    if (rules.length === 0) return null;
    const group = element("details", "rules", element("summary", "", `${title}: ${rules.length}`));
    group.open = start === "fires" || start === "unknown" || start === "silenced";
    group.append(...rules.map((rule) => ruleNode(rule, find)));
    return group;
  });
  const facts = table(["Fact", "What was read"], report.facts.map(({ fact, read }) => [fact, sources(read.join("; "), find)]), "Facts");
  const known = element("details", "", element("summary", "", `Facts that were looked for: ${report.facts.length}`), facts);
  const lost = report.unusable?.length > 0 ? element("ul", "", ...report.unusable.map((text) => element("li", "", sources(text, find)))) : null;
  const unusable = lost ? element("details", "", element("summary", "", `There and not usable: ${report.unusable.length}`), lost) : "";
  node.replaceChildren(...parts.filter(Boolean), known, unusable);
}

function ruleNode({ rule, title, outcome, reason }, find) {
  const said = outcome.startsWith("silenced") ? ` (${outcome})` : "";
  const node = element("details", "rule", element("summary", "", element("code", "", rule), ` ${title}${said}`));
  // The tree of a rule is only made when somebody looks.
  node.addEventListener("toggle", () => node.open && node.childElementCount === 1 && node.append(tree([reason], find)));
  return node;
}

function tree(reasons, find) {
  const marks = { true: "yes", false: "no", unknown: "not known" };
  return element("ul", "tree", ...reasons.map(({ condition, outcome, because, inside }) => {
    const item = element("li", "", element("span", `mark ${outcome}`, marks[outcome]), ` ${condition}`);
    if (because?.length > 0) item.append(element("span", "because", ": ", sources(because.join("; "), find)));
    if (inside?.length > 0) item.append(tree(inside, find));
    return item;
  }));
}

/** A text in which the name of each resource opens that resource. */
function sources(text, find) {
  const node = element("span");
  for (const piece of text.split(/(\b[A-Z][A-Za-z]+\/[A-Za-z0-9.-]+[A-Za-z0-9])/)) {
    const resource = piece.includes("/") ? find(piece) : undefined;
    if (!resource) {
      node.append(piece);
      continue;
    }
    const opened = code(indented(JSON.stringify(resource)), piece);
    opened.hidden = true;
    const opens = button(piece, "source-link", () => {
      opened.hidden = !opened.hidden;
      opens.setAttribute("aria-expanded", String(!opened.hidden));
    });
    opens.setAttribute("aria-expanded", "false");
    node.append(opens, opened);
  }
  return node;
}
