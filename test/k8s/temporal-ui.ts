import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { eventually } from './kubectl.ts';

/** The browser's address of a run's page with the table of its members. */
export function runPage(ui: string, workflowId: string, runId: string): string {
  return `${ui}/namespaces/default/workflows/${encodeURIComponent(workflowId)}/${runId}/user-metadata`;
}

/**
 * Starts a workflow as the form *Start Workflow* of the Temporal UI does: the same request with the same payload shape,
 * and the token that the UI gives its own page against requests from others.
 * @param ui address of the UI
 * @returns Temporal's run id
 */
export async function startFromUi(
  ui: string,
  workflow: { workflowId: string; workflowType: string; taskQueue: string; input: unknown },
): Promise<string> {
  const { workflowId, workflowType, taskQueue, input } = workflow;
  const page = await fetch(`${ui}/namespaces/default/workflows/start-workflow`);
  await page.body?.cancel();
  const cookies = page.headers.getSetCookie().map((cookie) => cookie.split(';')[0]!);
  const csrf = cookies.find((cookie) => cookie.startsWith('_csrf='))?.slice('_csrf='.length);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const response = await fetch(
    `${ui}/api/v1/namespaces/default/workflows/${encodeURIComponent(workflowId)}`,
    {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'caller-type': 'operator',
        origin: ui,
        cookie: cookies.join('; '),
        ...(csrf === undefined ? {} : { 'x-csrf-token': csrf }),
      },
      body: JSON.stringify({
        workflowId,
        taskQueue: { name: taskQueue },
        workflowType: { name: workflowType },
        input: {
          payloads: [{ metadata: { encoding: base64('json/plain') }, data: base64(JSON.stringify(input)) }],
        },
        requestId: randomUUID(),
        searchAttributes: null,
      }),
      signal: AbortSignal.timeout(30_000),
    },
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`the UI's API answered ${response.status}: ${text}`);
  return (JSON.parse(text) as { runId: string }).runId;
}

/**
 * Takes a picture of a run's page once it shows what it should. The page fetches the table when the key R is pressed.
 * @returns what else the page shows
 */
export async function photograph(
  url: string,
  isReady: (text: string) => boolean,
  path: string,
): Promise<string> {
  const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const executablePath = places.find((place) => existsSync(place));
  if (executablePath === undefined)
    throw new Error(`expected Chromium at ${places.join(' or ')}, found none`);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(120_000);
    await page.goto(url);
    await page.getByText('Current Details').first().waitFor();
    const shown = await eventually('the page as it should be', async () => {
      await page.keyboard.press('r');
      await page.waitForTimeout(2_000);
      // The table stands in a frame of its own.
      const texts = await Promise.all(page.frames().map((frame) => frame.locator('body').innerText()));
      const text = texts.join('\n');
      return isReady(text) && text;
    });
    await page.screenshot({ path });
    return shown;
  } finally {
    await browser.close();
  }
}
