// The sandbox page as a person uses it: short names for what is on it.

/** Goes to the sandbox and waits until the chosen patient's calls are answered. */
export async function visit(page, base, choice = {}) {
  const words = new URLSearchParams(choice).toString();
  await page.goto('about:blank');
  await page.goto(`${base}/${words ? `#${words}` : ''}`);
  await settled(page);
}

/** Waits until nothing is under way: the calls, and the reasons of the one that is looked at. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelectorAll('.told').length > 0 && !document.querySelector('#cards[aria-busy], #why[aria-busy]'));
}

/** The cards of one hook, or of all: `{ indicator, summary }`. */
export async function cards(page, hook) {
  const groups = page.locator('.told').filter(hook ? { has: page.locator('.moment code', { hasText: new RegExp(`^${hook}$`) }) } : {});
  return groups.locator('.card').evaluateAll((nodes) => nodes.map((node) => ({
    indicator: ['info', 'warning', 'critical'].find((word) => node.classList.contains(word)),
    summary: node.querySelector('h3').textContent,
  })));
}

/** The draft orders, in words. */
export const drafts = (page) => page.locator('#drafts .draft > span').allTextContents();

/** Opens every part of the page that is folded. */
export async function unfold(page) {
  await page.evaluate(() => document.querySelectorAll('details').forEach((node) => (node.open = true)));
  await page.waitForFunction(() => [...document.querySelectorAll('.rule')].every((node) => node.childElementCount > 1));
}

/** Chooses an order of the pad. */
export async function order(page, slug) {
  await page.evaluate(() => (document.getElementById('pad').open = true));
  await page.locator(`button[data-order="${slug}"]`).click();
  await settled(page);
}

/** Sets the value of a result, as the field of "Change a value" does. */
export async function setValue(page, value) {
  await askedAgain(page, () => page.locator('#change input[type="number"]').fill(String(value)));
}

/** Does something after which the services are asked again, a moment later, and waits for their answers. */
export async function askedAgain(page, act) {
  await Promise.all([page.waitForRequest(/\/cds-services\/[^/]+$/), act()]);
  await settled(page);
}

/** The bodies of all requests to a path, from now on. */
export function overhear(page, end) {
  const bodies = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && new URL(request.url()).pathname.endsWith(end)) bodies.push(request.postDataJSON());
  });
  return bodies;
}
