import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type JobProgress, waitingProgress } from '@ddad/contract';
import type { RunNews } from '@ddad/runs';
import { parseHTML } from 'linkedom';
import { chromium } from 'playwright-core';
import { describe, expect, test, vi } from 'vitest';
import { installedChromium } from '../chromium.testing.ts';
import { buildRunPage } from './build-run-page.ts';
import type { Job } from './job-cells.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000 });

function job(id: string, stage: string, progress: Partial<JobProgress>, more: Partial<Job> = {}): Job {
  return {
    ...waitingProgress(40),
    ...progress,
    id,
    key: `key of ${id}`,
    kind: 'trained-nets',
    name: id,
    stage,
    unit: 'epoch',
    waitsFor: 'a trainer',
    held: false,
    secondsLeft: null,
    seconds: null,
    reused: false,
    ...more,
  };
}

const member = (role: string, index: number) => ({ role, index, seed: 0 });

/** A run of a method with two roles, one more training, and a job that counts images. */
function news(change: Partial<RunNews> = {}): RunNews {
  const jobs = [
    job('net 0', 'learning', { state: 'finished', done: 40 }, { member: member('small', 0), seconds: 12 }),
    job('net 1', 'learning', { state: 'running', done: 8, worker: 't-1' }, { member: member('big', 0) }),
    job('head', 'learning', { state: 'running', done: 3 }),
    job('scores', 'scoring', { total: 200 }, { unit: 'image', waitsFor: 'a scorer' }),
  ];
  return {
    run: {
      kind: 'run',
      id: 'ddad-brain-1',
      executionId: '0',
      status: 'running',
      dataset: 'brain',
      method: 'nearness',
      k: null,
      started: '2026-01-02T03:04:05.000Z',
      closed: null,
    },
    view: {
      stage: 'learning',
      within: 'learning',
      stages: ['planning', 'learning', 'scoring', 'report', 'finished'],
      deviations: [],
      jobs,
      elapsed: 75,
      imagesPerSecond: 1920,
      secondsLeft: 30,
      wholeLeft: null,
    },
    scores: null,
    definitions: [],
    report: false,
    note: null,
    sick: [],
    curves: {
      'key of net 0': {
        keep: 0,
        points: [
          [1, 0.5],
          [2, 0.25],
        ],
      },
      'key of net 1': {
        keep: 0,
        points: [
          [1, 0.75],
          [2, 0.5],
        ],
      },
      'key of head': {
        keep: 0,
        points: [
          [1, 3],
          [2, 2],
        ],
      },
    },
    ...change,
  };
}

function read(of: RunNews) {
  const { document } = parseHTML(buildRunPage(of));
  const texts = (selector: string) =>
    [...document.querySelectorAll(selector)].map((element) => element.textContent.trim());
  return { document, texts };
}

describe('the page of a run', () => {
  test('shows the stages that the run has, and where it is', () => {
    const { document } = read(news());
    const stages = [...document.querySelectorAll('#stages li')].map((item) => [
      item.getAttribute('data-stage'),
      item.textContent,
      item.className,
    ]);
    expect(stages).toEqual([
      ['planning', 'Planning', 'done'],
      ['learning', 'Learning', 'current'],
      ['scoring', 'Scoring', 'open'],
      ['report', 'Report', 'open'],
    ]);
    const { run, view } = news();
    const over = read(
      news({
        run: { ...run, status: 'completed' },
        view: { ...view, stage: 'finished', within: 'finished' },
      }),
    );
    expect(over.texts('#stages .done')).toHaveLength(4);
  });

  test('counts members, and jobs where there are no members', () => {
    const { texts } = read(news());
    expect(texts('.tile')[1]).toBe('members finished1 of 21 in training');
    expect(texts('.overline')).toEqual(['brain, nearness']);
    const { view } = news();
    const jobs = view.jobs.map(({ member: _member, ...rest }) => rest);
    expect(read(news({ view: { ...view, jobs } })).texts('.tile')[1]).toBe(
      'jobs finished1 of 42 at work, 1 waiting',
    );
  });

  test('shows the time left of the whole run first, that of its stage beside it', () => {
    const first = (view: Partial<RunNews['view']>, status: RunNews['run']['status'] = 'running') => {
      const made = news();
      return read({ ...made, run: { ...made.run, status }, view: { ...made.view, ...view } }).texts(
        '.tile',
      )[0];
    };
    const wholeLeft = { seconds: 250, atLeast: false };
    expect(first({ wholeLeft })).toBe('left of the whole run4 min 10 s30 s in this stage');
    // Of some jobs it is not known how long they take, or of none.
    expect(first({ wholeLeft: { ...wholeLeft, atLeast: true }, secondsLeft: null })).toBe(
      'left of the whole run>4 min 10 s',
    );
    expect(first({})).toBe('left of the whole run?30 s in this stage');
    expect(first({ wholeLeft, secondsLeft: null }, 'failed')).toBe('left of the whole run–');
    expect(first({ within: 'planning', stage: 'planning', secondsLeft: null })).toBe(
      'left of the whole run–',
    );
  });

  test('lists all jobs, each role and each other training in a colour of its own', () => {
    const { document, texts } = read(news());
    expect(texts('#jobs th')).toEqual(['net 0', 'net 1', 'head', 'scores']);
    expect(texts('#jobs [data-cell="state"]')).toEqual([
      'finished',
      'training',
      'training',
      'waiting for a scorer',
    ]);
    const colours = [...document.querySelectorAll('#jobs .key')].map((key) => key.getAttribute('style'));
    expect(colours).toEqual(
      ['var(--role-1)', 'var(--role-2)', 'var(--score-1)', 'transparent'].map(
        (colour) => `background: ${colour}`,
      ),
    );
    expect(texts('figcaption').map((caption) => caption.replaceAll(/\s+/g, ' '))).toEqual([
      'Members SMALL BIG',
      'Other trainings head',
    ]);
  });

  test('says how the method differs from its source, where it does', () => {
    const made = news();
    const deviations = ['no pretrained weights', '<i>64</i> px'];
    const { texts } = read({ ...made, view: { ...made.view, deviations } });
    expect(texts('#deviations:not([hidden])')).toEqual([
      'Differs from its source: no pretrained weights; <i>64</i> px.',
    ]);
    expect(read(made).texts('#deviations:not([hidden])')).toEqual([]);
  });

  test('has one chart of losses where no training is of a member', () => {
    const made = news();
    const jobs = made.view.jobs.filter(({ member: of }) => of === undefined);
    const { texts, document } = read({ ...made, view: { ...made.view, jobs } });
    expect(
      texts('figure:not([hidden]) figcaption').map((caption) => caption.replaceAll(/\s+/g, ' ')),
    ).toEqual(['Trainings head']);
    expect(document.getElementById('member-card')!.hasAttribute('hidden')).toBe(true);
  });

  test('shows scores by their definitions', () => {
    const definition = { meaning: '', map: false, rank: 0 };
    const { texts } = read(
      news({
        scores: { far: { auc: 0.5, ap: 0.25 }, near: { auc: 0.875, ap: 0.75 } },
        definitions: [
          { ...definition, name: 'near', symbol: { letter: 'N', index: '' } },
          { ...definition, name: 'far', symbol: { letter: 'F', index: '1' } },
        ],
      }),
    );
    expect(texts('#scores tbody tr')).toEqual(['N near87.575.0', 'F1 far50.025.0']);
  });
});

test("in a browser the run's losses are drawn, the members' apart from the others", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ddad-run-page-'));
  const browser = await chromium.launch({ executablePath: installedChromium(), args: ['--no-sandbox'] });
  try {
    const file = join(folder, 'run.html');
    // An ended run is shown as it was; nobody is asked for more.
    const made = news();
    const view = { ...made.view, deviations: ['no pretrained weights'] };
    const run = { ...made.run, status: 'failed' } as const;
    // As planned since the page was made: the script has it from the news.
    const shown = buildRunPage({ ...made, run, view });
    await writeFile(file, shown.replace(/(id="deviations")>[^<]*/, '$1 hidden>'));
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const faults: string[] = [];
    page.on('console', (message) => faults.push(`console ${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => faults.push(`error ${error.message}`));
    await page.goto(pathToFileURL(file).href);
    await page.locator('#other-losses svg').waitFor();
    const lines = (id: string) =>
      page
        .locator(`#${id} svg g[stroke-width="1.5"]`)
        .evaluateAll((groups) => groups.map((group) => group.getAttribute('stroke')));
    expect(await lines('member-losses')).toEqual(['var(--role-1)', 'var(--role-2)']);
    expect(await lines('other-losses')).toEqual(['var(--score-1)']);
    expect(await page.locator('#jobs [data-spark] svg').count()).toBe(3);
    const deviations = page.locator('#deviations');
    expect(await deviations.isVisible()).toBe(true);
    expect(await deviations.textContent()).toBe('Differs from its source: no pretrained weights.');
    expect(await page.locator('#member-keys').textContent()).toMatch(/SMALL\s+BIG/);
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(1280);
    const { DDAD_SCREENSHOTS: shots } = process.env;
    if (shots) await page.screenshot({ path: `${shots}/run.png`, fullPage: true });
    expect(faults).toEqual([]);
  } finally {
    await browser.close();
    await rm(folder, { recursive: true });
  }
});
