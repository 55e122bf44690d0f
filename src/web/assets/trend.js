// A small curve of one result over time.

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, EDGE] = [120, 32, 4];

function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** The curve of points `{ value, when }`, oldest first, or nothing where one point makes no curve. */
export function trend(points, label) {
  const drawn = points.filter(({ value, when }) => Number.isFinite(value) && !Number.isNaN(Date.parse(when)));
  if (drawn.length < 2) return null;
  const times = drawn.map(({ when }) => Date.parse(when));
  const values = drawn.map(({ value }) => value);
  const place = (value, list, size) => {
    const [least, most] = [Math.min(...list), Math.max(...list)];
    return EDGE + (most === least ? 0.5 : (value - least) / (most - least)) * (size - 2 * EDGE);
  };
  const dots = drawn.map((_, at) => [place(times[at], times, WIDTH), HEIGHT - place(values[at], values, HEIGHT)]);
  const node = shape("svg", { class: "trend", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: "img", "aria-label": label });
  node.append(shape("polyline", { points: dots.map((dot) => dot.map((n) => n.toFixed(1)).join(",")).join(" "), class: "curve" }));
  for (const [at, [cx, cy]] of dots.entries()) {
    node.append(shape("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: at === dots.length - 1 ? 3 : 2, class: "dot" }));
  }
  return node;
}
