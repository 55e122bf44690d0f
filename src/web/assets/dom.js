// Making elements. Text only ever becomes a text node, so that nothing of a chart can become markup.

/** An element with a class, and a text or children. */
export function element(name, className = "", ...children) {
  const node = document.createElement(name);
  if (className !== "") node.className = className;
  node.append(...children.filter((child) => child !== "" && child !== null && child !== undefined));
  return node;
}

/** A button that does something. */
export function button(text, className, act) {
  const node = element("button", className, text);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

/** A control with its label. */
export function labelled(text, control, className = "stacked") {
  return element("label", className, element("span", "", text), control);
}

/** A part of the page that is always there. */
export const part = (id) => document.getElementById(id);

let made = 0;
/** An id that no other element has. */
export const freshId = (word) => `${word}-${(made += 1)}`;

/** A block of code that scrolls by itself, also by keyboard. */
export function code(text, label) {
  const pre = element("pre", "", text);
  pre.tabIndex = 0;
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", label);
  return pre;
}

/** A frame in which a wide table scrolls by itself, also by keyboard. */
export function wide(table, label) {
  const frame = element("div", "wide", table);
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", label);
  return frame;
}

/** A table of texts and nodes. */
export function table(heads, rows, label) {
  const head = heads.map((text) => {
    const cell = element("th", "", text);
    cell.scope = "col";
    return cell;
  });
  const body = rows.map((cells) => element("tr", "", ...cells.map((cell) => element("td", "", cell))));
  const node = element("table", "", element("thead", "", element("tr", "", ...head)), element("tbody", "", ...body));
  return wide(node, label);
}
