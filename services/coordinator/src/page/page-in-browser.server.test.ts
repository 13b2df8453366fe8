import { installedChromium } from '@ddad/report/testing';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type InventedRun, inventRun } from './invented-run.testing.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let run: InventedRun;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Everything that the page ought not to do. */
let faults: string[];

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: installedChromium(), args: ['--no-sandbox'] });
});
afterAll(() => browser?.close());
afterEach(async () => {
  await context.close();
  await run.close();
  expect(faults).toEqual([]);
});

const poll = { timeout: 60_000, interval: 50 };

async function open(path: string): Promise<void> {
  faults = [];
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  context.on('request', (request) => {
    if (!request.url().startsWith(`${run.server.url}/`)) faults.push(`request ${request.url()}`);
  });
  context.setDefaultTimeout(60_000);
  page = await context.newPage();
  page.on('console', (message) => faults.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error ${error.message}`));
  await page.goto(`${run.server.url}${path}`);
}

/** Serious faults of accessibility in a colour scheme, each with where it is. */
async function axeFaults(colorScheme: 'light' | 'dark'): Promise<string[]> {
  await page.emulateMedia({ colorScheme });
  // The page's policy lets no further script in: it is run by the debugger.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate('axe.run()').then((result) => result as axe.AxeResults);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}

test('follows a run to its end: figures, curves, stages, scores, report; accessible, light and dark', async () => {
  run = await inventRun();
  for (const epoch of [1, 2, 3]) run.tell(0, epoch);
  await open('/runs/ddad-brain-1');
  const cell = (name: string) => page.locator(`tr[data-key="key-0"] [data-cell="${name}"]`).textContent();
  const lines = () => page.locator('#member-losses svg g[stroke-width="1.5"] path').count();
  await expect.poll(() => cell('count'), poll).toBe('3 / 40');
  await expect.poll(lines, poll).toBe(1);
  expect(await page.locator('[data-stage="training"]').getAttribute('aria-current')).toBe('step');

  for (const place of [0, 1, 2, 3]) for (const epoch of [4, 5]) run.tell(place, epoch);
  await expect.poll(() => cell('count'), poll).toBe('5 / 40');
  expect(await cell('loss')).toBe('0.1667');
  await expect.poll(lines, poll).toBe(4);
  await expect.poll(() => page.locator('[data-figure="speed"]').textContent(), poll).toBe('1,920');
  // Renewed without the page being loaded again.
  const left = page.locator('.tile').first();
  await expect.poll(() => left.locator('dd').first().textContent(), poll).toMatch(/^>?\d.* s$/);
  await expect.poll(() => left.locator('dd.detail').textContent(), poll).toMatch(/ s in this stage$/);
  await expect
    .poll(() => page.locator('tr[data-key="key-3"] [data-spark] svg').getAttribute('aria-label'), poll)
    .toBe('Loss of udm 0, from 0.260 to 0.217');

  const sick = () => page.locator('#sick li').allTextContents();
  run.workers.push({
    pool: 'train',
    id: 'trainer-2',
    device: 'a test',
    slots: 1,
    state: 'unfit',
    reason: 'scratch: no space left',
    until: null,
  });
  await expect
    .poll(sick, poll)
    .toEqual(['Trainer trainer-2 takes no jobs by its own checks: scratch: no space left']);

  for (const scheme of ['light', 'dark'] as const) {
    expect(await axeFaults(scheme)).toEqual([]);
    const { DDAD_SCREENSHOTS: shots } = process.env;
    if (shots) await page.screenshot({ path: `${shots}/progress-${scheme}.png`, fullPage: true });
  }

  // A member that joins gets a row of its own.
  run.progress.nodes.splice(3, 0, {
    ...run.progress.nodes[2]!,
    id: 'member ndm 3',
    member: { role: 'ndm', index: 3, seed: 9 },
    key: 'key-6',
  });
  await expect.poll(() => page.locator('#jobs tr').nth(3).textContent(), poll).toMatch(/^ndm 3/);
  expect(await page.locator('[data-report]').isVisible()).toBe(false);

  run.finish();
  await expect.poll(() => page.locator('#scores').textContent(), poll).toMatch(/rDual\s*93\.0/);
  expect(await page.locator('[data-figure="status"]').textContent()).toBe('completed');
  await expect.poll(() => page.locator('#other-losses svg').count(), poll).toBe(1);
  expect(await page.locator('#connection').isVisible()).toBe(false);
  await page.locator('[data-report]').click();
  await expect.poll(() => page.title(), poll).toBe('report');
});

test('takes up again what it missed while the coordinator was away', async () => {
  run = await inventRun();
  run.tell(0, 1);
  await open('/runs/ddad-brain-1');
  const count = () => page.locator('tr[data-key="key-0"] [data-cell="count"]').textContent();
  await expect.poll(count, poll).toBe('1 / 40');
  const listen = new URL(run.server.url).host;
  await run.close();
  await expect.poll(() => page.locator('#connection').textContent(), poll).toMatch(/is lost; trying again/);
  run = await inventRun({ listen });
  for (const epoch of [7, 8]) run.tell(0, epoch);
  await expect.poll(count, poll).toBe('8 / 40');
  await expect.poll(() => page.locator('#connection').isVisible(), poll).toBe(false);
  // What the browser itself says of a server that is away.
  faults = faults.filter((fault) => !fault.includes('ERR_'));
});

test('is used by keyboard: the link over the bar, the theme, the table, the list of runs', async () => {
  run = await inventRun();
  await open('/runs/ddad-brain-1');
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').textContent()).toBe('Skip to the content');
  await page.locator('#theme').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect
    .poll(() => page.evaluate('getComputedStyle(document.documentElement).colorScheme'), poll)
    .toBe('dark');
  await page.locator('.scroll').last().focus();
  expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Table of jobs');
  await page.locator('.brand').press('Enter');
  await expect.poll(() => page.title(), poll).toBe('Runs — DDAD');
  expect(await axeFaults('light')).toEqual([]);
});
