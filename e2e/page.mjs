// Drives the web pages in headless Chromium. See README.md.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopAll } from './lib/processes.mjs';
import { Service } from './lib/service.mjs';
import { openPage, startBrowser, violations } from './page/browser.mjs';
import { cards, settled, unfold, visit } from './page/sandbox.mjs';
import { WORKFLOWS } from './page/workflows.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const fixtures = join(here, '..', 'fixtures');
const shots = process.env.GAITKEEPER_E2E_SCREENSHOTS;
const binary = process.env.GAITKEEPER_BIN ?? join(here, '..', 'target', 'debug', 'gaitkeeper');
const failures = [];
const say = (text) => console.log(`e2e page: ${text}`);
const fail = (text) => {
  failures.push(text);
  console.error(`e2e page: FAILED: ${text}`);
};

/** Runs one thing on a page of its own, in which nothing else may go wrong. */
async function on(browser, base, name, options, what) {
  const { page, faults, close } = await openPage(browser, base, options);
  try {
    await what(page);
  } catch (error) {
    fail(`${name}: ${error.message}`);
    if (shots) await page.screenshot({ path: join(shots, 'failed.png'), fullPage: true }).catch(() => {});
  }
  faults.forEach((fault) => fail(`${name}: ${fault}`));
  await close();
  say(name);
}

/** The page resolves prefetch templates in the browser; `gaitkeeper rehearse` does in Rust. Both must give the same cards. */
async function comparePatients(browser, service) {
  const { base } = service;
  const patients = await (await fetch(`${base}/sandbox/patients`)).json();
  await on(browser, base, `the cards of ${patients.length} patients, both readers, are those of the rehearsed calls`, {}, async (page) => {
    let shown = 0;
    for (const { slug, hook, drafts = [] } of patients) {
      for (const reader of ['clinician', 'patient']) {
        await visit(page, base, { patient: slug, for: reader });
        const hooks = new Set(['patient-view', drafts.length > 0 ? 'order-sign' : hook]);
        for (const fired of hooks) {
          const { id } = service.services.find((one) => one.hook === fired);
          const query = new URLSearchParams(drafts.map((draft) => ['draft', draft]));
          if (reader === 'patient') query.set('user', `Patient/${slug}`);
          const body = await (await fetch(`${base}/sandbox/calls/${slug}/${id}?${query}`)).text();
          const answer = await fetch(`${base}/cds-services/${id}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
          const expected = (await answer.json()).cards.map(({ indicator, summary }) => ({ indicator, summary }));
          const seen = await cards(page, fired);
          shown += seen.length;
          if (JSON.stringify(seen) !== JSON.stringify(expected)) {
            fail(`${slug}, ${reader}, ${fired}: the page shows ${JSON.stringify(seen)}, the rehearsed call ${JSON.stringify(expected)}`);
          }
        }
      }
    }
    if (shown === 0) fail('no patient has a card: nothing was compared');
  });
}

/** Every view in every look: axe finds nothing, and nothing is wider than the page. */
async function lookAtViews(browser, base) {
  const sandbox = (choice) => async (page) => {
    await visit(page, base, choice);
    await unfold(page);
  };
  const plain = (path) => async (page) => page.goto(`${base}${path}`);
  const topic = '/guidance/leg-pain/pad';
  const views = {
    'sandbox, many cards': sandbox({ patient: 'claudication-untreated' }),
    'sandbox, for the patient': sandbox({ patient: 'claudication-untreated', for: 'patient' }),
    'sandbox, critical': sandbox({ patient: 'renal-egfr-29' }),
    'sandbox, messy': sandbox({ patient: 'messy-chart' }),
    'sandbox, silence': sandbox({ patient: 'healthy-no-leg-problem' }),
    'guidance': plain('/guidance/leg-pain'),
    'guidance for patients': plain('/guidance/leg-pain?for=patient'),
    'topic': plain(topic),
    'topic for patients': plain(`${topic}?for=patient`),
    'search': plain('/guidance/search?q=cilostazol'),
    'search, nothing found': plain('/guidance/search?q=xylophone'),
  };
  for (const scheme of ['light', 'dark']) {
    for (const width of [1440, 390]) {
      await on(browser, base, `axe on ${Object.keys(views).length} views, ${scheme}, ${width} wide`, { width, scheme }, async (page) => {
        for (const [name, go] of Object.entries(views)) {
          await go(page);
          (await violations(page)).forEach((found) => fail(`${name}, ${scheme}, ${width}: ${found}`));
          const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          if (over > 0) fail(`${name}, ${scheme}, ${width}: ${over} px wider than the page`);
        }
      });
    }
  }
}

/** The pictures of the README, where a folder for them is named. */
async function takePictures(browser, base) {
  mkdirSync(shots, { recursive: true });
  const picture = (name, options, go) => on(browser, base, `picture ${name}`, { height: 1000, ...options }, async (page) => {
    await go(page);
    await page.screenshot({ path: join(shots, `${name}.png`) });
  });
  const critical = async (page) => visit(page, base, { patient: 'renal-egfr-29' });
  await picture('sandbox-desktop-light', {}, critical);
  await picture('sandbox-desktop-dark', { scheme: 'dark' }, critical);
  await picture('sandbox-why', {}, async (page) => {
    await critical(page);
    await page.locator('#why .rule summary').first().click();
    await page.locator('.behind').scrollIntoViewIfNeeded();
    await page.evaluate(() => document.querySelector('.behind').scrollIntoView());
  });
  await picture('sandbox-phone-light', { width: 390, height: 844 }, async (page) => {
    await critical(page);
    await page.evaluate(() => document.querySelector('.answer').scrollIntoView());
  });
  await picture('guidance-clinician', {}, async (page) => page.goto(`${base}/guidance/leg-pain/pad`));
  await picture('guidance-patient', {}, async (page) => page.goto(`${base}/guidance/leg-pain/pad?for=patient`));
  await picture('guidance-search', {}, async (page) => page.goto(`${base}/guidance/search?q=cilostazol`));
}

async function main() {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: cargo build, or set GAITKEEPER_BIN`);
  const browser = await startBrowser();
  try {
    const service = await Service.start(binary, join(here, 'target', 'logs'));
    const { base } = service;
    for (const [name, workflow] of Object.entries(WORKFLOWS)) {
      await on(browser, base, name, {}, (page) => workflow(page, { base, fixtures }));
    }
    await on(browser, base, 'a phone shows a card too', { width: 390, height: 844 }, async (page) => {
      await visit(page, base, { patient: 'renal-egfr-29' });
      await settled(page);
      if ((await cards(page)).length === 0) fail('no card on a phone');
    });
    await comparePatients(browser, service);
    await lookAtViews(browser, base);
    if (shots) await takePictures(browser, base);
  } finally {
    await browser.close();
  }
}

try {
  await main();
} catch (error) {
  fail(error.stack ?? String(error));
} finally {
  await stopAll();
}
say(failures.length === 0 ? 'passed' : `failed: ${failures.length}`);
process.exitCode = failures.length === 0 ? 0 : 1;
