// A FHIR Questionnaire of choices as a form, and its answers as a QuestionnaireResponse.

import { element, freshId } from "./dom.js";

/** Fills `form` with the questions; `answered` gets the items of a QuestionnaireResponse. */
export function showQuestionnaire(form, questionnaire, answered) {
  const parts = [element("p", "hint", questionnaire.description ?? "")];
  for (const item of questionnaire.item ?? []) {
    if (item.type !== "choice") continue;
    const group = element("fieldset", "", element("legend", "", item.text));
    const name = freshId(item.linkId);
    for (const [at, option] of item.answerOption.entries()) {
      const input = element("input");
      input.type = item.repeats ? "checkbox" : "radio";
      input.name = name;
      input.value = String(at);
      if (item.required && !item.repeats) input.required = true;
      group.append(element("label", "", input, element("span", "", option.valueCoding.display)));
    }
    group.dataset.linkId = item.linkId;
    parts.push(group);
  }
  const problem = element("p", "hint");
  problem.setAttribute("role", "alert");
  parts.push(problem, element("button", "primary", "Save the answers"));
  form.replaceChildren(...parts);
  form.onsubmit = (event) => {
    event.preventDefault();
    const { items, open } = read(form, questionnaire);
    problem.textContent = open ? `Please answer: ${open}` : "";
    if (!open) answered(items);
  };
}

/** The answers, and the text of the first required question without one. */
function read(form, questionnaire) {
  const items = [];
  for (const item of questionnaire.item ?? []) {
    const group = [...form.querySelectorAll("fieldset")].find((one) => one.dataset.linkId === item.linkId);
    const chosen = [...(group?.querySelectorAll("input:checked") ?? [])];
    if (chosen.length === 0 && item.required) return { items, open: item.text };
    const answer = chosen.map(({ value }) => ({ valueCoding: item.answerOption[Number(value)].valueCoding }));
    if (answer.length > 0) items.push({ linkId: item.linkId, text: item.text, answer });
  }
  return { items };
}

/** A QuestionnaireResponse. */
export function response(questionnaire, items, patient, author) {
  return {
    resourceType: "QuestionnaireResponse",
    id: `pain-pattern-${crypto.randomUUID()}`,
    questionnaire: questionnaire.version ? `${questionnaire.url}|${questionnaire.version}` : questionnaire.url,
    status: "completed",
    subject: { reference: patient },
    authored: new Date().toISOString(),
    author: { reference: author },
    item: items,
  };
}
