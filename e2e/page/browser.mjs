// A headless Chromium in which nothing may go wrong unnoticed.
import { existsSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const PATHS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].filter(Boolean);

/** Starts the browser, or says that there is none. */
export async function startBrowser() {
  const executablePath = PATHS.find((path) => existsSync(path));
  if (!executablePath) throw new Error(`no Chromium at ${PATHS.join(', ')}: install Debian's chromium, or set CHROMIUM`);
  // Chromium has no sandbox of its own for root, who runs tests in containers.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args });
}

/** A page of `base` that notes every console error, every exception and every request that leaves the origin. */
export async function openPage(browser, base, { width = 1440, height = 1000, scheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: base });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    // Feedback that is not taken is an error here as well.
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== base && !['data:', 'blob:'].includes(url.protocol)) faults.push(`request left the origin: ${url.href}`);
  });
  page.on('requestfailed', (request) => {
    // What is under way when a page is left is given up by the browser.
    const why = request.failure()?.errorText;
    if (why !== 'net::ERR_ABORTED') faults.push(`request failed: ${request.url()} ${why}`);
  });
  return { page, faults, close: () => context.close() };
}

/** What axe finds against WCAG 2.2 AA and its own best practices. */
export async function violations(page) {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ target }) => target.join(' ')).join('; ')}`);
}
