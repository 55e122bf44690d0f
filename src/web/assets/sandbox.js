// The sandbox page: what a person does in the EHR that it plays, and what is shown of it.

import { showIntegrator, showWire } from "./behind.js";
import { cardNode } from "./cards.js";
import { showChange } from "./change.js";
import { headline, ordered, showChart } from "./chart.js";
import * as client from "./client.js";
import { button, element, part } from "./dom.js";
import { Ehr } from "./ehr.js";
import { MOMENTS } from "./moments.js";
import { response, showQuestionnaire } from "./questionnaire.js";
import { Record, reference } from "./record.js";
import { showWhy } from "./why.js";

const main = part("main");
const form = part("choice");
const { asOf, clinician, questionnaire: questionnaireUrl } = main.dataset;
const ehr = new Ehr(show);
/** The text of a Bundle of one's own, and its file. */
let own = null;
let questionnaire = null;

const choice = () => new FormData(form);
const chosen = () => form.querySelector('input[name="patient"]:checked');
const user = () => (choice().get("for") === "patient" ? `Patient/${ehr.record.patient.id}` : clinician);

// --- What a person does

/** Admits the chosen patient; everything of the last one is stale. */
async function admit() {
  const { hook, drafts } = chosen().dataset;
  const mine = (admit.latest = (admit.latest ?? 0) + 1);
  say("Reading the chart …");
  const text = chosen().value === "own" ? own : await syntheticRecord(chosen().value);
  const record = Record.read(text);
  const orders = await Promise.all(drafts.split(" ").filter(Boolean).map(syntheticOrder));
  if (mine !== admit.latest) return;
  ehr.admit(record, "");
  ehr.user = user();
  part("sign-anyway").hidden = true;
  showChange(part("change"), record, () => attempt(() => ehr.again()));
  askPattern();
  await fire("patient-view");
  if (mine !== admit.latest) return;
  if (orders.length > 0) {
    ehr.drafts = orders.map((order) => drafted(order, record));
    await sign();
  } else if (hook !== "patient-view") {
    await fire(hook);
  }
}

async function syntheticRecord(slug) {
  const answer = await client.syntheticPatient(slug, form.elements.day.value);
  client.parsed(answer);
  return answer.text;
}

const syntheticOrder = async (slug) => client.parsed(await client.syntheticOrder(slug));

function drafted(order, record) {
  return { ...structuredClone(order), subject: { reference: reference(record.patient) } };
}

const fire = (hook, more, stale) => ehr.fire(hook, more, stale);

async function select(slug) {
  const order = drafted(await syntheticOrder(slug), ehr.record);
  if (ehr.drafts.some((draft) => reference(draft) === reference(order))) {
    say("This order is among the drafts already.");
    return;
  }
  ehr.drafts.push(order);
  await fire("order-select", { selections: [reference(order)] }, ["order-sign"]);
}

/** Asks before signing; where nothing is said, the orders are signed. */
async function sign() {
  if (ehr.drafts.length === 0) {
    say("There is no draft order to sign.");
    return;
  }
  await fire("order-sign", {}, ["order-select"]);
}

function signAnyway() {
  const count = ehr.drafts.length;
  ehr.sign();
  show();
  say(count === 1 ? "The order is signed." : `${count} orders are signed.`, true);
}

async function removeDraft(draft) {
  ehr.drafts = ehr.drafts.filter((one) => one !== draft);
  ehr.drop("order-select", "order-sign");
  show();
  say("The draft is removed.", true);
}

async function addProblem(event) {
  event.preventDefault();
  const problem = client.parsed(await client.syntheticProblem(part("problem").value));
  const today = new Date().toISOString().slice(0, 10);
  const condition = { ...problem, id: `${problem.id}-${crypto.randomUUID()}`, subject: { reference: reference(ehr.record.patient) }, onsetDateTime: today, recordedDate: today };
  // The hook fires before the problem stands in the chart.
  await fire("problem-list-item-create", { conditions: [condition] });
  ehr.record.put(condition);
  show();
}

async function askPattern() {
  questionnaire ??= client.parsed(await client.questionnaire(questionnaireUrl));
  showQuestionnaire(part("questionnaire"), questionnaire, (items) => attempt(async () => {
    ehr.record.put(response(questionnaire, items, reference(ehr.record.patient), ehr.user));
    part("form-part").open = false;
    await fire("patient-view");
    say("The answers are in the record, and the chart was opened again.", true);
  }));
}

async function takeOwn(file) {
  part("own-problem").textContent = "";
  try {
    const text = await file.text();
    const record = Record.read(text);
    own = text;
    part("own-choice")?.remove();
    const input = element("input");
    Object.assign(input, { type: "radio", name: "patient", value: "own", checked: true });
    Object.assign(input.dataset, { hook: "patient-view", drafts: "" });
    const words = element("span", "", element("strong", "", `Your own: ${headline(record.patient)}`), " ", element("span", "why", file.name));
    const label = element("label", "", input, words);
    label.id = "own-choice";
    part("patients").prepend(label);
    await changedChoice();
  } catch (error) {
    part("own-problem").textContent = error.message;
  }
}

// --- What is shown

/** Says something to everybody, also to those who do not see the page. */
function say(text, focus = false) {
  part("status").textContent = text;
  if (focus) part("status").focus();
}

function show() {
  part("chart-title").textContent = headline(ehr.record.patient);
  showChart(part("chart"), ehr.record, ehr.drafts);
  showDrafts();
  showCards();
  showCalls();
}

function showDrafts() {
  const items = ehr.drafts.map((draft) => {
    const name = ordered(draft, ehr.record);
    const removes = button("Remove", "", () => removeDraft(draft));
    removes.setAttribute("aria-label", `Remove: ${name}`);
    return element("li", "draft", element("span", "", name), removes);
  });
  part("drafts").replaceChildren(...(items.length > 0 ? items : [element("li", "quiet", "None. Choose from the order pad below.")]));
  part("sign").disabled = items.length === 0;
  part("sign-anyway").hidden = items.length === 0 || ![...ehr.calls.values()].some((call) => call.hook === "order-sign");
}

function showCards() {
  const groups = [...ehr.calls.values()].reverse().map((call) => {
    const cards = call.cards.map((card) => cardNode(card, {
      accept: (suggestions) => attempt(async () => {
        await ehr.accept(call, card, suggestions);
        await afterAccepting(call, suggestions);
      }),
      override: (reason) => attempt(async () => {
        await ehr.override(call, card, reason);
        say("The card is set aside, and the service was told.", true);
      }),
    }));
    const silence = element("p", "silence", "Nothing applies, so nothing is said.");
    const problem = call.problem ? element("p", "notice", call.problem) : null;
    problem?.setAttribute("role", "alert");
    const title = element("p", "moment", element("strong", "", MOMENTS[call.hook]), " ", element("code", "", call.hook));
    return element("div", "told", title, ...(problem ? [problem] : cards.length > 0 ? cards : [silence]));
  });
  part("cards").replaceChildren(...groups);
  const count = [...ehr.calls.values()].reduce((sum, call) => sum + call.cards.length, 0);
  const newest = [...ehr.calls.values()].at(-1);
  const took = newest?.answer ? `; ${MOMENTS[newest.hook]} was answered in ${Math.max(1, Math.round(newest.answer.took))} ms` : "";
  say(`${count === 0 ? "No card" : count === 1 ? "One card" : `${count} cards`}${took}.`);
}

/** Orders that were changed are asked about again; other cards stay until their moment comes again. */
async function afterAccepting(call, suggestions) {
  if (call.hook === "order-sign" || call.hook === "order-select") {
    if (ehr.drafts.length > 0) await fire(call.hook);
    else {
      ehr.drop("order-select", "order-sign");
      show();
    }
  }
  say(`Accepted: ${suggestions.map(({ label }) => label).join("; ")}.`, true);
}

function showCalls() {
  const which = part("which");
  const options = [...ehr.calls.values()].reverse().map((call) => {
    const option = element("option", "", `${MOMENTS[call.hook]}: ${call.service.id}`);
    option.value = call.service.id;
    return option;
  });
  which.replaceChildren(...options);
  showBehind();
}

function showBehind() {
  const call = ehr.calls.get(part("which").value);
  if (call) {
    showWire(part("wire"), call);
    showIntegrator(part("integrator"), call, ehr);
  } else {
    for (const id of ["wire", "integrator"]) part(id).replaceChildren();
  }
  explain(call);
}

/** The call whose reasons are on the page, or on their way to it. */
let explained;

/** Shows why. What somebody has unfolded stays as it is for as long as it is of the same call. */
async function explain(call) {
  if (call === explained) return;
  explained = call;
  const node = part("why");
  if (!call) {
    node.removeAttribute("aria-busy");
    node.replaceChildren();
    return;
  }
  node.setAttribute("aria-busy", "true");
  const given = [...ehr.drafts, ...(call.more.conditions ?? [])];
  const { record } = ehr;
  const find = (ref) => record.find(ref) ?? given.find((resource) => reference(resource) === ref);
  try {
    call.report ??= client.parsed(await client.explain(call.service.id, call.body));
    if (call === explained) showWhy(node, call.report, find);
  } catch (error) {
    if (call === explained) node.replaceChildren(element("p", "notice", error.message));
  } finally {
    if (call === explained) node.removeAttribute("aria-busy");
  }
}

// --- The address and the form

function tidy() {
  const days = Math.round((Date.parse(new Date().toISOString().slice(0, 10)) - Date.parse(form.elements.day.value)) / 86_400_000);
  part("moved").textContent = Number.isNaN(days) ? "" : ` (now by ${days} ${Math.abs(days) === 1 ? "day" : "days"})`;
}

/** What is chosen stands in the address, so that it can be kept and sent on. */
function remember() {
  const words = new URLSearchParams(["patient", "for", "day"].map((name) => [name, choice().get(name)]));
  history.replaceState(null, "", `#${words}`);
}

function recall() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const name of ["patient", "for"]) {
    const inputs = [...form.querySelectorAll(`input[name="${name}"]`)];
    const found = inputs.find((input) => input.value === wanted.get(name)) ?? inputs.find((input) => input.defaultChecked) ?? inputs[0];
    found.checked = true;
  }
  const label = chosen().closest("label");
  part("patients").scrollTop = Math.max(0, label.offsetTop - label.offsetHeight);
  form.elements.day.value = wanted.get("day") ?? asOf;
}

async function changedChoice() {
  tidy();
  if (!form.elements.day.validity.valid) return;
  remember();
  await attempt(admit);
}

/** How much is under way. */
let busy = 0;

/** Does something and says where it failed. */
async function attempt(what) {
  busy += 1;
  part("cards").setAttribute("aria-busy", "true");
  try {
    await what();
  } catch (error) {
    say(`That did not work. ${error.message}`);
  } finally {
    busy -= 1;
    if (busy === 0) part("cards").removeAttribute("aria-busy");
  }
}

form.addEventListener("change", async (event) => {
  if (event.target.id === "own") {
    if (event.target.files[0]) await takeOwn(event.target.files[0]);
  } else if (event.target.name === "for") {
    remember();
    ehr.user = user();
    await attempt(() => ehr.again());
  } else {
    await changedChoice();
  }
});
form.addEventListener("submit", (event) => event.preventDefault());
const drop = part("drop");
for (const name of ["dragover", "dragleave", "drop"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files[0]) takeOwn(event.dataTransfer.files[0]);
  });
}
part("open").addEventListener("click", () => attempt(() => fire("patient-view")));
part("discharge").addEventListener("click", () => attempt(() => fire("encounter-discharge")));
part("problem-form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => addProblem(event));
});
part("sign").addEventListener("click", () => attempt(sign));
part("sign-anyway").addEventListener("click", signAnyway);
part("pad").addEventListener("click", (event) => {
  const slug = event.target.dataset.order;
  if (slug) attempt(() => select(slug));
});
part("which").addEventListener("change", showBehind);
window.addEventListener("hashchange", () => {
  // The link that skips to the content has a place of the page behind the `#`, and no choice.
  if (!location.hash.includes("=")) return;
  recall();
  changedChoice();
});

recall();
tidy();
await attempt(async () => {
  await ehr.discover();
  await admit();
});
