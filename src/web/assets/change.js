// What if a value were another: a result of the record is changed, and every call is made again.

import { quantities, series } from "./chart.js";
import { element, labelled } from "./dom.js";
import { day, reference } from "./record.js";

/** Shows the form. `changed` is called after the record holds another value. */
export function showChange(form, record, changed) {
  const measured = series(record).filter(({ points }) => Number.isFinite(points.at(-1).value));
  if (measured.length === 0) {
    form.replaceChildren(element("p", "quiet", "This record holds no number to change."));
    return;
  }
  const which = element("select");
  measured.forEach(({ title, points }, at) => {
    const option = element("option", "", `${title} (${day(points.at(-1).when) || "no date"})`);
    option.value = String(at);
    which.append(option);
  });
  const first = measured.findIndex(({ title }) => /gfr/i.test(title));
  which.value = String(Math.max(first, 0));
  const number = element("input");
  number.type = "number";
  const range = element("input");
  range.type = "range";
  const unit = element("p", "hint");

  const take = () => {
    const { value, unit: shown } = measured[Number(which.value)].points.at(-1);
    const decimals = String(value).split(".")[1]?.length ?? 0;
    for (const input of [number, range]) {
      input.step = String(10 ** -decimals);
      input.min = "0";
    }
    range.max = String(Math.max(2 * value, 10 ** -decimals));
    range.value = number.value = String(value);
    unit.textContent = shown;
  };
  const set = (text) => {
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) return;
    const point = measured[Number(which.value)].points.at(-1);
    point.value = value;
    const observation = structuredClone(record.find(point.ref));
    const place = quantities(observation).find(({ at }) => at === point.at);
    place.quantity.value = value;
    record.put(observation);
    changed(reference(observation));
  };
  let timer;
  const soon = (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => set(text), 120);
  };
  which.onchange = take;
  number.addEventListener("input", () => {
    range.value = number.value;
    soon(number.value);
  });
  range.addEventListener("input", () => {
    number.value = range.value;
    soon(range.value);
  });
  form.onsubmit = (event) => event.preventDefault();
  form.replaceChildren(labelled("Result", which), labelled("Value", number), labelled("Value, as a slider", range), unit);
  take();
}
