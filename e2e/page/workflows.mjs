// What the page must do, each thing by itself. A check throws where it is not so.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askedAgain, cards, drafts, order, overhear, setValue, settled, unfold, visit } from './sandbox.mjs';

const CRITICAL = [{ indicator: 'critical' }];
const indicators = async (page, hook) => (await cards(page, hook)).map(({ indicator }) => ({ indicator }));

/** Every workflow: a name and what is done. `here` holds `base` and `fixtures`. */
export const WORKFLOWS = {
  async 'open a chart as a clinician and as the patient'(page, { base }) {
    await visit(page, base, { patient: 'claudication-untreated' });
    const forClinician = await cards(page, 'patient-view');
    assert.ok(forClinician.length > 0, 'no card');
    assert.ok((await page.locator('.suggestions').count()) > 0, 'a clinician is offered nothing');
    await page.getByLabel('The patient, in plain words').check();
    await settled(page);
    const forPatient = await cards(page, 'patient-view');
    assert.ok(forPatient.length > 0, 'no card for the patient');
    assert.notDeepEqual(forPatient, forClinician);
    assert.equal(await page.locator('.suggestions').count(), 0, 'a patient is offered orders');
    await page.locator('#open').click();
    await settled(page);
    assert.deepEqual(await cards(page, 'patient-view'), forPatient);
  },

  async 'the chart shows problems, results with date and trend, medicines'(page, { base }) {
    await visit(page, base, { patient: 'nsaid-kidney-anticoagulant' });
    const chart = page.locator('#chart');
    for (const words of ['Leg pain', 'eGFR', '27 mL/min/1.73m2', 'apixaban']) {
      assert.ok((await chart.textContent()).includes(words), words);
    }
    assert.equal(await chart.locator('svg.trend').count(), 1);
  },

  async 'add a problem'(page, { base }) {
    await visit(page, base, { patient: 'healthy-no-leg-problem' });
    assert.deepEqual(await cards(page), []);
    const bodies = overhear(page, '/leg-pain-problem-list-item-create');
    await page.getByLabel('Add a problem').selectOption('acute-limb-ischaemia');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await settled(page);
    assert.equal(bodies[0].context.conditions.entry.length, 1);
    assert.equal((await cards(page, 'problem-list-item-create'))[0]?.indicator, 'critical');
    assert.ok((await page.locator('#chart').textContent()).includes('Acute limb ischaemia'), 'the problem is not in the chart');
  },

  async 'choose and sign an order; accept a suggestion; feedback is sent'(page, { base }) {
    await visit(page, base, { patient: 'renal-egfr-29' });
    assert.deepEqual(await indicators(page, 'order-sign'), CRITICAL);
    await page.getByRole('button', { name: /^Remove: / }).click();
    await page.waitForFunction(() => document.querySelectorAll('.card').length === 0);
    await order(page, 'mra-leg-with-contrast');
    assert.deepEqual(await indicators(page, 'order-select'), CRITICAL);
    await page.locator('#sign').click();
    await settled(page);
    assert.deepEqual(await cards(page, 'order-select'), [], 'stale cards stay');
    const sent = overhear(page, '/leg-pain-order-sign/feedback');
    const [before] = await drafts(page);
    await page.getByRole('button', { name: 'Accept: MR angiography without contrast instead' }).click();
    await settled(page);
    const after = await drafts(page);
    assert.equal(after.length, 1);
    assert.notEqual(after[0], before);
    assert.deepEqual(await cards(page, 'order-sign'), []);
    const [{ outcome, acceptedSuggestions, outcomeTimestamp, card }] = sent[0].feedback;
    assert.equal(outcome, 'accepted');
    assert.ok(card && acceptedSuggestions[0].id && outcomeTimestamp.endsWith('Z'));
    await page.locator('#sign-anyway').click();
    assert.deepEqual(await drafts(page), []);
    assert.ok((await page.locator('#chart').textContent()).includes('without contrast'), 'the signed order is not in the record');
  },

  async 'override a card with a reason and without'(page, { base }) {
    await visit(page, base, { patient: 'achilles-tendinitis-injection' });
    const sent = overhear(page, '/leg-pain-order-sign/feedback');
    const card = page.locator('.card.critical, .card.warning').first();
    await card.locator('.override summary').click();
    const reasons = card.getByLabel('Reason');
    await reasons.selectOption({ index: 1 });
    await card.getByLabel('Comment').fill('Discussed');
    const count = (await cards(page)).length;
    await card.getByRole('button', { name: /^Override: / }).click();
    await page.waitForFunction((many) => document.querySelectorAll('.card').length === many - 1, count);
    const [{ outcome, overrideReason }] = sent[0].feedback;
    assert.equal(outcome, 'overridden');
    assert.equal(overrideReason.userComment, 'Discussed');
    assert.ok(overrideReason.reason?.code && overrideReason.reason.system, 'no reason was sent');
    await visit(page, base, { patient: 'claudication-untreated' });
    const others = overhear(page, '/leg-pain-patient-view/feedback');
    await page.locator('.card .override summary').first().click();
    await page.getByRole('button', { name: /^Override: / }).first().click();
    await page.waitForFunction(() => document.activeElement?.id === 'status');
    assert.equal(others[0].feedback[0].overrideReason, undefined);
  },

  async 'discharge'(page, { base }) {
    await visit(page, base, { patient: 'clti-rest-pain-ulcer' });
    const bodies = overhear(page, '/leg-pain-encounter-discharge');
    await page.locator('#discharge').click();
    await settled(page);
    assert.ok(bodies[0].context.encounterId);
    assert.ok((await cards(page, 'encounter-discharge')).length > 0);
  },

  async 'eGFR 29, 30, 31: the cards follow'(page, { base }) {
    await visit(page, base, { patient: 'renal-egfr-29' });
    for (const [value, expected] of [[29, 'critical'], [30, undefined], [31, undefined], [29.9, 'critical'], [29, 'critical']]) {
      await setValue(page, value);
      assert.equal((await cards(page, 'order-sign'))[0]?.indicator, expected, `eGFR ${value}`);
    }
    const slider = page.getByLabel('Value, as a slider');
    await slider.focus();
    await askedAgain(page, () => slider.press('ArrowRight'));
    assert.deepEqual(await cards(page, 'order-sign'), []);
  },

  async 'why: rules that fired, stayed silent, could not be judged, with their resources'(page, { base }) {
    for (const [patient, title] of [['renal-egfr-29', 'Fired'], ['renal-egfr-old', 'Could not be judged']]) {
      await visit(page, base, { patient });
      const groups = page.locator('#why .rules > summary');
      await groups.filter({ hasText: title }).waitFor();
      await groups.filter({ hasText: 'Stayed silent' }).waitFor();
    }
    await unfold(page);
    const resource = page.locator('#why .source-link').first();
    await resource.click();
    const opened = page.locator('#why pre:visible').first();
    assert.ok((await opened.textContent()).includes('resourceType'));
    // What is unfolded stays so while the call is the same: here a card of it is set aside.
    await page.getByRole('button', { name: /^Override: / }).first().click();
    await page.waitForFunction(() => document.activeElement?.id === 'status');
    await settled(page);
    assert.ok(await opened.isVisible(), 'the reasons were folded again');
  },

  async 'request, response and curl can be copied, and the response keeps the rules'(page, { base }) {
    await visit(page, base, { patient: 'claudication-untreated' });
    await unfold(page);
    for (const [name, start] of [['Copy: Response', '{'], ['Copy: Request', '{'], ['Copy: As curl, complete', 'curl']]) {
      await page.getByRole('button', { name, exact: true }).click();
      await page.waitForFunction(() => [...document.querySelectorAll('.copyable button')].some((one) => one.textContent === 'Copied'));
      assert.ok((await page.evaluate(() => navigator.clipboard.readText())).startsWith(start), name);
    }
    assert.equal(await page.locator('.broken').count(), 0);
    assert.match(await page.locator('.kept').textContent(), /^All \d+ rules are kept/);
    const keys = await page.locator('#integrator table').first().locator('tbody tr').count();
    const { services } = await (await fetch(`${base}/cds-services`)).json();
    assert.equal(keys, Object.keys(services.find(({ hook }) => hook === 'patient-view').prefetch).length);
  },

  async 'the questionnaire is filled in and answers the question'(page, { base }) {
    await visit(page, base, { patient: 'healthy-no-leg-problem' });
    await page.getByLabel('Add a problem').selectOption('leg-pain');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await settled(page);
    await page.locator('#form-part > summary').click();
    for (const group of await page.locator('#questionnaire fieldset').all()) await group.locator('input').first().check();
    const bodies = overhear(page, '/leg-pain-patient-view');
    await page.getByRole('button', { name: 'Save the answers' }).click();
    await page.waitForFunction(() => !document.getElementById('form-part').open);
    await settled(page);
    const sent = JSON.stringify(bodies.at(-1).prefetch);
    assert.ok(sent.includes('"QuestionnaireResponse"') && sent.includes('sudden-onset'), 'the answers were not prefetched');
    assert.equal((await cards(page, 'patient-view'))[0]?.indicator, 'critical', 'sudden pain without a pulse is an emergency');
  },

  async 'a Bundle of one\'s own, by file and by dropping; what is none is refused'(page, { base, fixtures }) {
    await visit(page, base, { patient: 'healthy-no-leg-problem' });
    await page.locator('#own').setInputFiles({ name: 'no.json', mimeType: 'application/json', buffer: Buffer.from('{"resourceType":"Patient"}') });
    await page.locator('#own-problem', { hasText: 'This is not a FHIR Bundle with entries.' }).waitFor();
    await page.locator('#own').setInputFiles(join(fixtures, 'patients', 'claudication-heart-failure-cilostazol.json'));
    await page.locator('#own-choice').waitFor();
    await settled(page);
    assert.ok((await page.locator('#chart-title').textContent()).startsWith('Clara'));
    assert.equal((await cards(page))[0]?.indicator, 'critical');
    const text = readFileSync(join(fixtures, 'patients', 'dialysis-without-egfr.json'), 'utf8');
    const dropped = await page.evaluateHandle((body) => {
      const data = new DataTransfer();
      data.items.add(new File([body], 'ines.json', { type: 'application/json' }));
      return data;
    }, text);
    await page.dispatchEvent('#drop', 'drop', { dataTransfer: dropped });
    await page.waitForFunction(() => document.getElementById('chart-title').textContent.startsWith('Ines'));
    await settled(page);
    await order(page, 'mra-leg-with-contrast');
    assert.deepEqual(await indicators(page, 'order-select'), CRITICAL);
  },

  async 'markup of a response stays text, and what breaks the rules is named'(page, { base }) {
    const card = {
      summary: '<img src=x> ' + 'long '.repeat(30), indicator: 'hard-stop', source: { label: '' },
      detail: '<b>bold</b> [link](javascript:alert(1))',
      links: [{ label: 'bad', url: 'javascript:alert(1)', type: 'absolute' }],
    };
    await page.route('**/cds-services/leg-pain-patient-view', (route) => route.fulfill({ json: { cards: [card, card] } }));
    await visit(page, base, { patient: 'healthy-no-leg-problem' });
    await unfold(page);
    assert.equal(await page.locator('#cards img, #cards b, #cards a').count(), 0, 'markup came through');
    const broken = await page.locator('#integrator tr', { hasText: 'no: ' }).locator('td:first-child').allTextContents();
    for (const rule of ['GEN-2', 'CARD-1', 'CARD-2', 'CARD-3', 'CARD-4', 'SRC-1', 'LINK-1']) assert.ok(broken.includes(rule), `${rule} is not named: ${broken}`);
    assert.ok(!broken.includes('RESP-1'));
  },

  async 'suggestions: any number of them; an order is updated, another deleted, a third created'(page, { base }) {
    const draft = { resourceType: 'ServiceRequest', id: 'mra-leg-with-contrast', status: 'draft', intent: 'order', code: { text: 'Changed by the service' } };
    const made = { ...draft, id: 'new-one', code: { text: 'Made by the service' } };
    const suggestion = (label, ...actions) => ({ label, uuid: crypto.randomUUID(), actions });
    const card = {
      uuid: crypto.randomUUID(), summary: 'Three changes', indicator: 'info', source: { label: 'test' }, selectionBehavior: 'any',
      suggestions: [
        suggestion('Update and create', { type: 'create', description: 'c', resource: made }, { type: 'update', description: 'u', resource: draft }),
        suggestion('Delete', { type: 'delete', description: 'd', resourceId: 'MedicationRequest/gadodiamide' }),
        suggestion('Not this', { type: 'delete', description: 'd', resourceId: 'ServiceRequest/new-one' }),
      ],
    };
    let answers = [card];
    await page.route('**/cds-services/leg-pain-order-sign', (route) => route.fulfill({ json: { cards: answers } }));
    await visit(page, base, { patient: 'renal-egfr-29' });
    await order(page, 'gadodiamide');
    await page.locator('#sign').click();
    await settled(page);
    answers = [];
    await page.getByLabel('Take: Update and create').check();
    await page.getByLabel('Take: Delete').check();
    await page.getByRole('button', { name: 'Accept what is ticked' }).click();
    await settled(page);
    assert.deepEqual(await drafts(page), ['Changed by the service', 'Made by the service']);
    assert.deepEqual(await cards(page, 'order-sign'), []);
  },

  async 'keyboard only: choose a patient, order, sign, accept, override'(page, { base }) {
    await visit(page, base, { patient: 'renal-egfr-30' });
    const press = (key) => page.keyboard.press(key);
    const to = async (what) => {
      for (let step = 0; step < 250; step += 1) {
        await press('Tab');
        if (await page.evaluate((selector) => document.activeElement?.matches(selector), what)) return;
      }
      throw new Error(`Tab does not reach ${what}`);
    };
    await press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await press('Enter');
    assert.ok((await page.locator('#chart-title').textContent()).startsWith('Fritz'), 'skipping to the content changes the patient');
    await to('input[name="patient"]');
    await press('ArrowUp');
    await page.waitForFunction(() => document.getElementById('chart-title').textContent.startsWith('Edda'));
    await settled(page);
    await to('#pad > summary');
    await press('Enter');
    await to('button[data-order="gadodiamide"]');
    await press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('#drafts .draft').length === 2);
    await settled(page);
    await visit(page, base, { patient: 'renal-egfr-29' });
    await to('#sign');
    await press('Space');
    await settled(page);
    await to('.card .suggestions > ul button');
    await press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'status');
    assert.deepEqual(await cards(page, 'order-sign'), []);
    await visit(page, base, { patient: 'acute-limb-ischaemia' });
    const count = (await cards(page)).length;
    await to('.card .override summary');
    await press('Enter');
    await to('.card .override button');
    await press('Enter');
    await page.waitForFunction((many) => document.querySelectorAll('.card').length === many - 1, count);
  },
};
