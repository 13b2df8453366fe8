import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildReport } from '../build-report.ts';
import { installedChromium } from '../chromium.testing.ts';
import { buildComparison } from '../comparison/build-comparison.ts';
import { compareRuns } from '../comparison/compare-runs.ts';
import { runOfMethod } from '../comparison/run-of-method.testing.ts';
import { buildDatasetPage } from '../dataset/build-dataset-page.ts';
import { syntheticDataset } from '../dataset/synthetic-dataset.testing.ts';
import { figure } from '../figures.ts';
import { withNames } from '../image-names.ts';
import { mapScale, toBytes } from '../map-scale.ts';
import { operatingPoints } from '../operating-points.ts';
import { syntheticRun } from '../synthetic-run.testing.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const data = syntheticRun({ normal: 12, abnormal: 16 });
const labels = data.test.labels!;

let folder: string;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Everything that a page ought not to do. */
let faults: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-page-test-'));
  await writeFile(join(folder, 'report.html'), await buildReport(data));
  await writeFile(join(folder, 'thresholds.html'), await buildReport(withThresholds()));
  await writeFile(join(folder, 'nothing-above.html'), await buildReport(withThresholds(beyond)));
  for (const [name, threshold] of [
    ['above', middle],
    ['below', sorted.at(-1)!],
  ] as const) {
    const run = withThresholds(threshold);
    const unlabeled = { ...run, test: { ...run.test, labels: null } };
    await writeFile(join(folder, `unlabeled-${name}.html`), await buildReport(unlabeled));
  }
  const bare = { ...data, test: { ...data.test, maps: {} } };
  await writeFile(join(folder, 'without-maps.html'), await buildReport(bare));
  const square = Uint8Array.from({ length: 64 * 64 }, (_, at) =>
    [at % 64, Math.floor(at / 64)].every((place) => place >= 16 && place < 48) ? 1 : 0,
  );
  const mask = async (image: number) => (labels[image] === 1 ? square : null);
  await writeFile(join(folder, 'masks.html'), await buildReport({ ...data, test: { ...data.test, mask } }));
  for (const count of [2, 6])
    await writeFile(
      join(folder, `comparison-${count}.html`),
      await buildComparison(comparison(count), comparedPictures(count)),
    );
  await writeFile(
    join(folder, 'comparison-methods.html'),
    await buildComparison(methodsCompared(), {
      ...comparedPictures(3),
      maps: [...comparedPictures(2).maps, 'method cutpaste makes none'],
    }),
  );
  await writeFile(join(folder, 'dataset.html'), await buildDatasetPage(syntheticDataset()));
  const names = labels.map((_label, place) => `<scan ${place + 1}>.png`);
  await writeFile(join(folder, 'named.html'), withNames(await buildReport(data), names)!);
  await writeFile(join(folder, 'demo.html'), await buildReport(demoRun()));
  await writeFile(join(folder, 'long-names.html'), await longNamed());
  const { record, index, ...facts } = syntheticDataset();
  const images = index.images.map((_name, place) => dicomPath(place));
  const longNames = { ...facts, record: { ...record, name: longName }, index: { ...index, images } };
  await writeFile(join(folder, 'dataset-long-names.html'), await buildDatasetPage(longNames));
  await writeFile(join(folder, 'large.html'), await buildReport(largeRun(20_000)));
  browser = await chromium.launch({ executablePath: installedChromium(), args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

beforeEach(() => open('light'));
afterEach(async () => {
  await context.close();
  expect(faults).toEqual([]);
});

async function open(colorScheme: 'light' | 'dark', file = 'report.html'): Promise<void> {
  const address = pathToFileURL(join(folder, file)).href;
  await context?.close();
  faults = [];
  context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 }, offline: true });
  context.on('request', (request) => {
    if (request.url() !== address && !request.url().startsWith('data:'))
      faults.push(`request ${request.url()}`);
  });
  context.setDefaultTimeout(100_000);
  page = await context.newPage();
  page.on('console', (message) => faults.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error ${error.message}`));
  await page.goto(address);
}

/** Scores of all images, rising. */
const sorted = Array.from(data.test.scores.rDual!).sort((a, b) => a - b);
/** The score of an image in the middle, as a threshold from held-out normal images. */
const middle = sorted[14]!;
/** A threshold above all images. */
const beyond = 1.5 * sorted.at(-1)!;

/** Nothing in it lets a line break. */
const longName = 'rsna_pneumonia_frontal_2018_'.repeat(3);

/** The path of an image as an archive has it: 168 characters. */
function dicomPath(image: number): string {
  const uid = (level: number) =>
    `1.2.826.0.1.3680043.8.498.${10 ** 27 + 100 * image + level}`.padEnd(54, '0');
  return `${uid(1)}/${uid(2)}/${uid(3)}.dcm`;
}

/** As much as the demo shows, of a dataset, pathologies and files that have long names. */
async function longNamed(): Promise<string> {
  const run = demoRun();
  run.result.dataset = longName;
  const pathology = 'No acute cardiopulmonary abnormality identified';
  const test = { ...run.test!, pathologies: [{ name: pathology, images: [70, 71] }] };
  return withNames(
    await buildReport({ ...run, test }),
    run.test!.copies.map((_copy, place) => dicomPath(place)),
  )!;
}

function withThresholds(threshold = middle): typeof data {
  const thresholds = { rDual: { threshold, sensitivity: 0.5, specificity: 0.5 } };
  const calibration = { images: 40, falsePositiveRate: 0.05, thresholds };
  const scores = { rDual: { auc: 0.5, heldOutMean: 0.1 } };
  const labelFree = { images: { unlabeled: 30, heldOut: 40 }, scores };
  return { ...data, result: { ...data.result, calibration, labelFree } };
}

/** As much as the demo shows: every score and section that it has. */
function demoRun(): Parameters<typeof buildReport>[0] {
  const run = syntheticRun({ normal: 60, abnormal: 60, reduced: true });
  const names = Object.keys(run.result.scores ?? {});
  const byScore = <T>(value: T) => Object.fromEntries(names.map((name) => [name, value]));
  const thresholds = byScore({ threshold: 0.1, sensitivity: 0.7, specificity: 0.95 });
  run.result.calibration = { images: 40, falsePositiveRate: 0.05, thresholds };
  run.result.labelFree = {
    images: { unlabeled: 30, heldOut: 40 },
    scores: byScore({ auc: 0.6, heldOutMean: 0.1 }),
  };
  const group = { pathologies: ['cyst', 'mass'], images: 30, scores: run.result.scores };
  const groups = { seen: group, unseen: { ...group, pathologies: ['scar'] }, neither: 0 };
  const each = ['cyst', 'mass', 'scar'].map((name) => ({
    name,
    images: 20,
    unlabeled: 3,
    seen: true,
    scores: run.result.scores,
  }));
  run.result.pathologies = { normals: 60, each, byRun: groups, byPool: groups, unnamed: 0 };
  return run;
}

/** So many test images of which nothing is known but two scores. */
function largeRun(count: number): Parameters<typeof buildReport>[0] {
  const own = Array.from({ length: count }, (_, place): 0 | 1 => (place % 3 === 0 ? 1 : 0));
  const scores = {
    rDual: Float32Array.from(own, (_label, place) => (place * 7919) % count),
    aIntra: Float32Array.from(own, (_label, place) => place),
  };
  const { maps: _maps, ...run } = syntheticRun({ normal: 2, abnormal: 2, side: 8 });
  const pixels = async (places: readonly number[]) => new Uint8Array(places.length * 64);
  const test = { ...run.test, labels: own, copies: own.map(() => false), scores, maps: {}, pixels };
  return { ...run, test };
}

/** The run against itself with other noise. */
function comparison(count: number) {
  const { result, definitions, heading, test: found } = data;
  const runs = Array.from({ length: count }, (_, seed) => ({
    result: { ...result, seed, input: { ...data.input, seed, k: 3 + (seed % 2) } },
    definitions,
    description: heading.run,
    images: labels.map((label, image) => ({
      image: String(image),
      label,
      scores: Object.fromEntries(
        Object.entries(found.scores).map(([name, values]) => [
          name,
          values[image]! * (1 + 0.2 * seed * Math.sin(7 * image + seed)),
        ]),
      ),
    })),
  }));
  return compareRuns(runs, plainDraws());
}

function plainDraws() {
  const draws = Array.from({ length: 97 }, (_, draw) => (draw * 37) % 97);
  let at = 0;
  const integer = (below: number) => draws[at++ % 97]! % below;
  return { resamples: 200, confidence: 0.95, integer };
}

/** Runs of three methods, whose scores are the run's with other noise. */
function methodsCompared() {
  const noisy = (name: string, by: number) =>
    Array.from(data.test.scores[name]!, (value, image) => value * (1 + by * Math.sin(7 * image + by)));
  const figures = { auroc: 0.9, ap: 0.5, aupro: 0.75, bestDice: 0.625, bestThreshold: 1 };
  const masked = (map: string) => ({
    pixelTruth: { images: { normal: 12, masked: 16, withoutMask: 0 }, scores: { [map]: figures } },
  });
  const runs = [
    runOfMethod('ddad', labels, data.test.scores, masked('rDual')),
    runOfMethod(
      'igd',
      labels,
      { igd: noisy('rDual', 0.4), residual: noisy('aInter', 0.4) },
      masked('residual'),
    ),
    runOfMethod('cutpaste', labels, { mahalanobis: noisy('rDual', 0.9).map((value) => 20 + 300 * value) }),
  ];
  return compareRuns(runs, plainDraws());
}

function comparedPictures(count: number) {
  const { side, pixels, maps } = data.test;
  const area = side * side;
  const own = {
    side,
    end: mapScale(data.maps.rDual!).end,
    read: (place: number) => maps.rDual!.read(place, 1),
  };
  expect(data.maps.rDual).toHaveLength(labels.length * area);
  return { side, pixels: (place: number) => pixels([place]), maps: Array.from({ length: count }, () => own) };
}

/** Moves a slider as a reader's drag does. */
async function slide(slider: Locator, value: number): Promise<void> {
  await slider.evaluate((element, to) => {
    const input = element as HTMLInputElement;
    input.value = String(to);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }, value);
}

test('a window that is wide enough shows the whole table of scores', async () => {
  const hidden = await page
    .locator('#scores .scroll')
    .first()
    .evaluate((table) => table.scrollWidth - table.clientWidth);
  expect(hidden).toBe(0);
});

describe('operating point', () => {
  test('starts where sensitivity and specificity together are greatest, and follows the slider', async () => {
    const points = operatingPoints(Array.from(data.test.scores.rDual!), labels);
    const slider = page.getByLabel('Threshold').first();
    const youden = (place: number) => {
      const { truePositives: tp, falseNegatives: fn, trueNegatives: tn, falsePositives: fp } = points[place]!;
      return tp / (tp + fn) + tn / (tn + fp);
    };
    expect(youden(Number(await slider.inputValue()))).toBe(
      Math.max(...points.map((_point, place) => youden(place))),
    );

    await slide(slider, 0);
    const count = (name: string) => page.locator(`[data-count="${name}"]`).textContent();
    expect([await count('truePositives'), await count('falsePositives')]).toEqual(['16', '12']);
    // By keyboard: the lowest score is now called normal.
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    const { truePositives, trueNegatives } = points[1]!;
    expect([await count('truePositives'), await count('trueNegatives')]).toEqual([
      String(truePositives),
      String(trueNegatives),
    ]);

    // The mark on the ROC curve lies where the chart's own axes say.
    const dot = page.locator('.curves circle.operating-mark').first();
    const [x0, x1] = (await page.locator('.curves svg.chart').first().getAttribute('data-x'))!
      .split(' ')
      .map(Number);
    expect(Number(await dot.getAttribute('cx'))).toBeCloseTo(x0! + (x1! - x0!) * (1 - trueNegatives / 12), 6);
  });

  test('starts where images score above the threshold of held-out normal images, if there is one', async () => {
    await open('light', 'thresholds.html');
    const points = operatingPoints(Array.from(data.test.scores.rDual!), labels);
    const place = Number(await page.getByLabel('Threshold').first().inputValue());
    expect(points[place]!.threshold).toBeGreaterThan(middle);
    expect(points[place - 1]!.threshold).toBe(middle);
    expect(await page.locator('tr[data-threshold="rDual"]').isVisible()).toBe(true);
  });

  test('calls nothing abnormal, and tells that threshold, where no image scores above it', async () => {
    await open('light', 'nothing-above.html');
    const shown = () => page.locator('#operating-point output').textContent();
    const rates = () => page.locator('#operating-point [data-rate]').allTextContents();
    const counts = () => page.locator('#operating-point [data-count]').allTextContents();
    expect(await shown()).toBe(figure(beyond, 4));
    expect(await rates()).toEqual(['0.0 %', '100.0 %', '–']);
    expect(await counts()).toEqual(['0', '16', '0', '12']);
    expect(await page.locator('#verdict-threshold').textContent()).toBe(figure(beyond, 4));
    expect(await page.locator('#verdict-rule').textContent()).toBe('no test image scores above it');
    const verdicts = await page.locator('#image-rows td[data-verdict]').allTextContents();
    expect(new Set(verdicts)).toEqual(new Set(['miss', 'right']));
    // Where there is no precision, there is no mark.
    const marks = page.locator('.curves circle.operating-mark');
    expect(await marks.first().getAttribute('visibility')).toBe('visible');
    expect(await marks.nth(1).getAttribute('visibility')).toBe('hidden');
    const rule = page.locator('[data-histogram="rDual"] line.operating-mark');
    const [, end] = (await page.locator('[data-histogram="rDual"] svg').getAttribute('data-x'))!.split(' ');
    expect(Number(await rule.getAttribute('x1'))).toBeCloseTo(Number(end), 6);
    // The slider's last step is the only one of these.
    const slider = page.getByLabel('Threshold').first();
    await slide(slider, Number(await slider.inputValue()) - 1);
    expect(await shown()).toBe(figure(sorted.at(-1)!, 4));
    expect(await page.locator('#verdict-rule').textContent()).toContain('as high or higher');
    expect(await marks.nth(1).getAttribute('visibility')).toBe('visible');
  });

  test('ends above all images also where that is no threshold of held-out ones', async () => {
    const slider = page.getByLabel('Threshold').first();
    await slide(slider, Number(await slider.getAttribute('max')));
    expect(await page.locator('#operating-point output').textContent()).toBe(
      `> ${figure(sorted.at(-1)!, 4)}`,
    );
    expect(await page.locator('#operating-point [data-count]').allTextContents()).toEqual([
      '0',
      '16',
      '0',
      '12',
    ]);
  });

  test('marks the histogram of the score that is chosen', async () => {
    await page.locator('#operating-point select').selectOption('aIntra');
    const rule = (name: string) => page.locator(`[data-histogram="${name}"] line.operating-mark`);
    expect(await rule('aIntra').getAttribute('visibility')).toBe('visible');
    expect(await rule('rDual').getAttribute('visibility')).toBe('hidden');
  });
});

test('a box hides and shows the curves of its score', async () => {
  const curve = page.locator('.curves path[data-mark="aInter"]').first();
  const box = page.locator('input[data-curve="aInter"]');
  expect(await curve.isVisible()).toBe(true);
  await box.uncheck();
  expect(await curve.isVisible()).toBe(false);
  await box.check();
  expect(await curve.isVisible()).toBe(true);
});

describe('large view', () => {
  const dialog = () => page.getByRole('dialog');
  const title = () => page.locator('#viewer-title').textContent();
  const button = (place: number) => page.locator(`button.case[data-case="${place}"]`);
  const numberOf = async (place: number) => (await button(place).getAttribute('title'))!;

  test('opens by mouse, goes on by its buttons, closes by its cross and beside it', async () => {
    await button(1).click();
    expect(await dialog().isVisible()).toBe(true);
    expect(await title()).toBe(await numberOf(1));
    await page.getByRole('button', { name: 'next' }).click();
    expect(await title()).toBe(await numberOf(2));
    await page.getByRole('button', { name: 'previous' }).click();
    await page.getByRole('button', { name: 'previous' }).click();
    expect(await title()).toBe(await numberOf(0));
    await page.getByRole('button', { name: 'Close' }).click();
    expect(await dialog().isVisible()).toBe(false);
    await button(0).click();
    await page.mouse.click(3, 3);
    expect(await dialog().isVisible()).toBe(false);
  });

  test.each([
    ['demo.html', 1280],
    ['demo.html', 360],
    ['long-names.html', 1280],
    ['long-names.html', 360],
  ])('has nothing beside its edge, and no columns that touch: %s, %d pixels wide', async (file, width) => {
    await open('light', file);
    await page.setViewportSize({ width, height: 800 });
    await button(0).click();
    const found = await dialog().evaluate((element) => {
      const box = (selector: string) => element.querySelector(selector)!.getBoundingClientRect();
      const textOf = (cell: Element) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return range.getBoundingClientRect();
      };
      const gaps = [...element.querySelectorAll('.controls tr')].flatMap((row) =>
        [...row.children].slice(1).map((cell, at) => textOf(cell).left - textOf(row.children[at]!).right),
      );
      return {
        beside: element.scrollWidth - element.clientWidth,
        leastGap: Math.min(...gaps),
        table: box('.controls table').right - box('.controls').right,
        picture: box('#viewer-image').width,
        close: element.getBoundingClientRect().right - box('[data-close]').right,
      };
    });
    expect(found.beside).toBe(0);
    expect(found.leastGap).toBeGreaterThan(4);
    expect(found.table).toBeLessThan(1);
    expect(found.picture).toBeGreaterThan(width / 4);
    expect(found.close).toBeGreaterThan(0);
  });

  test('works by keyboard alone, and gives the focus to the image it showed last', async () => {
    await button(0).focus();
    await page.keyboard.press('ArrowRight');
    expect(await button(1).evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    expect(await title()).toBe(await numberOf(1));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    expect(await title()).toBe(await numberOf(2));

    // Sliders keep their arrow keys.
    const opacity = page.locator('#viewer-opacity');
    await opacity.focus();
    await page.keyboard.press('ArrowRight');
    expect(await opacity.inputValue()).toBe('66');
    expect(await page.locator('#viewer-opacity-value').textContent()).toBe('66 %');
    expect(await title()).toBe(await numberOf(2));

    await page.keyboard.press('Escape');
    expect(await dialog().isVisible()).toBe(false);
    expect(await button(2).evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test('draws the outline of a mask over the image and its maps, which a box takes away', async () => {
    await open('light', 'masks.html');
    await button(0).click();
    const lines = page.locator('#viewer svg.outline');
    const drawn = () =>
      lines.locator('path:not(.rim)').evaluateAll((all) => all.map((path) => path.getAttribute('d')));
    const box = page.getByLabel('Outline of the mask');
    const ring = 'M16 16h32M16 48h32M16 16v32M48 16v32';
    expect(await drawn()).toEqual([ring, ring]);
    expect(await lines.first().isVisible()).toBe(true);
    // Half as wide as the image, in its middle; the box of a line has its width around it.
    const drawnAt = (await lines.first().locator('path:not(.rim)').boundingBox())!;
    const image = (await page.locator('#viewer-image').boundingBox())!;
    expect(Math.abs(drawnAt.width - image.width / 2)).toBeLessThan(8);
    const middleOf = (at: typeof image) => [at.x + at.width / 2, at.y + at.height / 2];
    for (const [axis, place] of middleOf(drawnAt).entries())
      expect(Math.abs(place - middleOf(image)[axis]!)).toBeLessThan(2);
    await box.uncheck();
    expect(await lines.first().isVisible()).toBe(false);
    await page.getByRole('button', { name: 'next' }).click();
    expect(await lines.first().isVisible()).toBe(false);
    await box.check();
    expect(await lines.nth(1).isVisible()).toBe(true);
    // Of an image without a mask nothing is left, the box neither.
    const normal = await page.locator('#false-alarms button.case').first().getAttribute('data-case');
    await page.getByRole('button', { name: 'Close' }).click();
    await button(Number(normal)).click();
    expect(await drawn()).toEqual(['', '']);
    expect(await box.isVisible()).toBe(false);
  });

  test('opacity and threshold change the picture by the values of the map', async () => {
    await button(2).click();
    const place = Number(/\d+/.exec((await title())!)![0]) - 1;
    const [area, map] = [64 * 64, data.maps.aInter!];
    await page.locator('input[name="map"][value="aInter"]').check();
    const picture = async (opacity: number, threshold: number) => {
      await slide(page.locator('#viewer-opacity'), opacity);
      await slide(page.locator('#viewer-threshold'), threshold);
      await page.mouse.move(2, 2);
      const png = await page.locator('#viewer-stack').screenshot();
      return sharp(png).removeAlpha().raw().toBuffer();
    };
    const image = await picture(0, 0);
    const changed = async (opacity: number, threshold: number) => {
      const shown = await picture(opacity, threshold);
      let count = 0;
      for (let at = 0; at < image.length; at += 3) {
        if ([0, 1, 2].some((channel) => Math.abs(shown[at + channel]! - image[at + channel]!) > 3))
          count += 1;
      }
      return count / (image.length / 3);
    };
    // Also the lowest value has a colour of its own.
    expect(await changed(100, 0)).toBeGreaterThan(0.95);
    const bytes = toBytes(map.subarray(place * area, (place + 1) * area), mapScale(map));
    for (const threshold of [60, 128]) {
      const expected = bytes.filter((byte) => byte >= threshold).length / area;
      expect(expected).toBeGreaterThan(0.01);
      // Enlarging smooths the map: its edge may lie half a pixel of the map elsewhere.
      expect(Math.abs((await changed(100, threshold)) - expected)).toBeLessThan(0.1);
    }
    const label = await page.locator('#viewer-threshold-value').textContent();
    expect(Number(label)).toBeCloseTo((128 / 255) * mapScale(map).end, 3);
  });

  test('tells the value under the pointer', async () => {
    await button(0).click();
    const place = Number(/\d+/.exec((await title())!)![0]) - 1;
    const map = data.maps.rDual!;
    const scale = mapScale(map);
    const bytes = toBytes(map.subarray(place * 4096, (place + 1) * 4096), scale);
    const box = (await page.locator('#viewer-stack').boundingBox())!;
    const [column, row] = [20, 33];
    await page.mouse.move(box.x + ((column + 0.5) / 64) * box.width, box.y + ((row + 0.5) / 64) * box.height);
    const shown = (await page.locator('#viewer-readout').textContent())!;
    expect(shown).toContain(`at column ${column + 1}, row ${row + 1}`);
    expect(Number(shown.split(' ')[1])).toBeCloseTo((bytes[row * 64 + column]! / 255) * scale.end, 3);
  });

  test('shows the image and its scores alone where no score has a map', async () => {
    await open('light', 'without-maps.html');
    await button(0).click();
    expect(await page.locator('#viewer-image').isVisible()).toBe(true);
    expect(await page.locator('#viewer-scores tr').count()).toBe(6);
    for (const part of ['#viewer-stack', '#viewer-opacity', '#viewer-threshold'])
      expect(await page.locator(part).isVisible()).toBe(false);
    await page.getByRole('button', { name: 'next' }).click();
    expect(await title()).toBe(await numberOf(1));
  });

  test("lists the image's scores", async () => {
    await button(0).click();
    expect(await page.locator('#viewer-scores tr').count()).toBe(6);
    expect(await page.locator('#viewer-facts').textContent()).toMatch(/^abnormal · clearest hits, 1 of \d+/);
  });
});

describe('all test images', () => {
  const rows = () => page.locator('#image-rows tbody tr[data-place]');
  const places = () =>
    rows().evaluateAll((all) => all.map((row) => Number((row as HTMLElement).dataset.place)));
  const count = () => page.locator('#image-filters output').textContent();
  const falling = (name: string) =>
    labels
      .map((_label, place) => place)
      .sort((a, b) => data.test.scores[name]![b]! - data.test.scores[name]![a]! || a - b);

  test('are sorted by the main score, and by the head that is clicked', async () => {
    expect(await places()).toEqual(falling('rDual'));
    expect(await page.locator('th[data-column="score:rDual"]').getAttribute('aria-sort')).toBe('descending');
    await page.locator('th[data-column="score:aIntra"] button').click();
    expect(await places()).toEqual(falling('aIntra'));
    await page.locator('th[data-column="image"] button').click();
    expect(await places()).toEqual(labels.map((_label, place) => place));
    expect(await rows().first().locator('td').allTextContents()).toHaveLength(2 + 6);
  });

  test('are found by number, label and verdict, which follows the operating point', async () => {
    await page.locator('#image-filters [name="search"]').fill('1');
    await page.locator('#image-filters [name="label"]').selectOption('1');
    // 1 and 10 to 12 are normal.
    expect((await places()).sort((a, b) => a - b)).toEqual([12, 13, 14, 15, 16, 17, 18]);
    expect(await count()).toBe('7 of 28 test images');
    await page.locator('#image-filters [name="search"]').fill('');
    await page.locator('#image-filters [name="label"]').selectOption('');
    await page.locator('#image-filters [name="verdict"]').selectOption('miss');
    const misses = Number(await page.locator('[data-count="falseNegatives"]').textContent());
    expect(await count()).toBe(`${misses} of 28 test images`);
    await slide(page.getByLabel('Threshold').first(), 0);
    expect(await count()).toBe('0 of 28 test images');
    await page.locator('#operating-point select').selectOption('aIntra');
    expect(await page.locator('#images [data-judged]').first().textContent()).toBe('aIntra');
  });

  test('open the large view where they have pictures, and get the focus back', async () => {
    const button = rows().first().locator('button');
    await button.click();
    const number = falling('rDual')[0]! + 1;
    expect(await page.locator('#viewer-title').textContent()).toBe(`Test image ${number}`);
    await page.keyboard.press('Escape');
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  describe('by keyboard', () => {
    /** Place of the row that has the focus; what else has it by its name; `body` where nothing has. */
    const focused = () =>
      page.evaluate(async () => {
        // Scrolling by the focus is heard of with the next frame.
        for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
        const { activeElement } = document;
        const place = activeElement?.closest<HTMLElement>('tr[data-place]')?.dataset.place;
        return place === undefined ? activeElement!.localName : Number(place);
      });
    const press = async (key: string) => {
      await page.keyboard.press(key);
      return focused();
    };
    /** Places of the images that have pictures, as the table is sorted. */
    const withPictures = async () => {
      const box = page.getByLabel('with pictures');
      await box.check();
      const region = page.locator('#image-rows');
      const found = new Set<number>();
      const total = Number((await count())!.split(' ')[0]);
      while (found.size < total) {
        for (const place of await places()) found.add(place);
        await region.evaluate((element) => element.scrollBy(0, element.clientHeight));
        await focused();
      }
      await box.uncheck();
      return [...found];
    };

    beforeEach(() => open('light', 'demo.html'));

    test('the focus goes through all rows that have pictures, and leaves the table behind the last one', async () => {
      const expected = await withPictures();
      expect(expected).toHaveLength(60);
      await page.locator('#image-rows').focus();
      const heads = await page.locator('#image-rows thead button').count();
      for (let head = 0; head < heads; head += 1) expect(await press('Tab')).toBe('button');
      const went: unknown[] = [];
      for (const _ of expected) went.push(await press('Tab'));
      expect(went).toEqual(expected);
      // Each is seen, and not below the heads.
      const seen = await page.evaluate(() => {
        const [row, head] = [document.activeElement!, document.querySelector('#image-rows thead')!];
        return row.getBoundingClientRect().top >= head.getBoundingClientRect().bottom;
      });
      expect(seen).toBe(true);
      const behind = await press('Tab');
      expect(behind).not.toBe('body');
      expect(behind).toEqual(expect.any(String));
      const back: unknown[] = [];
      for (let row = 0; row < 3; row += 1) back.push(await press('Shift+Tab'));
      expect(back).toEqual(expected.slice(-3).reverse());
    });

    test('a row keeps the focus when the table is scrolled away from it', async () => {
      const [first, second] = await withPictures();
      const button = rows().first().locator('button');
      await button.focus();
      expect(await focused()).toBe(first);
      const region = page.locator('#image-rows');
      await region.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      await page.waitForFunction(
        () => document.querySelector('#image-rows tr[aria-rowindex="121"]') !== null,
      );
      expect(await focused()).toBe(first);
      expect(await press('Tab')).toBe(second);
    });
  });

  test('are told at the threshold of held-out images where nobody knows labels, also if no image scores above it', async () => {
    const told = () => page.locator('#verdict-threshold').textContent();
    await open('light', 'unlabeled-above.html');
    // The lowest score above it.
    expect(await told()).toBe(figure(sorted[15]!, 4));
    await page.locator('#image-filters [name="verdict"]').selectOption('above');
    expect(await count()).toBe('13 of 28 test images');
    await open('light', 'unlabeled-below.html');
    expect(await told()).toBe(figure(sorted[27]!, 4));
    await page.locator('#image-filters [name="verdict"]').selectOption('above');
    expect(await count()).toBe('0 of 28 test images');
  });

  test('have names in a page that was made with them', async () => {
    await open('light', 'named.html');
    await page.locator('#image-filters [name="search"]').fill('SCAN 28');
    expect(await rows().locator('th').allTextContents()).toEqual(['28 <scan 28>.png']);
    expect(await page.locator('#names-note').textContent()).toContain('made with names of files');
    await rows().locator('button').click();
    expect(await page.locator('#viewer-facts').textContent()).toContain('<scan 28>.png');
  });

  test('of 20,000 only those exist that are seen or have pictures, wherever the table is scrolled to', async () => {
    await open('light', 'large.html');
    expect(await count()).toBe('20,000 of 20,000 test images');
    // 60 at most have pictures.
    expect(await rows().count()).toBeLessThan(60 + 40);
    const region = page.locator('#image-rows');
    await region.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.waitForFunction(
      () => document.querySelector('#image-rows tr[aria-rowindex="20001"]') !== null,
    );
    const last = rows().last();
    expect(await last.isVisible()).toBe(true);
    const [box, own] = [(await region.boundingBox())!, (await last.boundingBox())!];
    // Its lower edge is the table's, whatever the scroll bar takes.
    expect(Math.abs(own.y + own.height - box.y - box.height)).toBeLessThan(20);
    const started = Date.now();
    await page.locator('th[data-column="score:aIntra"] button').click();
    console.info(`20,000 rows sorted and drawn in ${Date.now() - started} ms`);
    expect(await rows().first().getAttribute('data-place')).toBe('19999');
  });
});

describe('downloads', () => {
  const saved = async (button: Locator) => {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  };

  test('scores.csv has every image by its number, with the scores as they are', async () => {
    const { name, bytes } = await saved(page.getByRole('button', { name: 'scores.csv' }));
    expect(name).toBe('scores.csv');
    const [header, ...lines] = bytes.toString().trimEnd().split('\n');
    const names = header!.split(',').slice(2);
    expect(lines).toEqual(
      labels.map((label, place) =>
        [place + 1, label, ...names.map((score) => data.test.scores[score]![place])].join(','),
      ),
    );
    expect(names).toContain('rDual');
  });

  test('the points of the curves are there for every score', async () => {
    const { name, bytes } = await saved(page.getByRole('button', { name: 'points of all curves' }));
    expect(name).toBe('curves.csv');
    const own = bytes
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('rDual,'));
    expect(own).toHaveLength(new Set(Array.from(data.test.scores.rDual!)).size);
  });

  test('a figure is a file of its own, with its colours and what its curves are, as SVG and as PNG', async () => {
    await page.locator('input[data-curve="rec"]').uncheck();
    const figure = page.locator('.curves figure').first();
    const svg = await saved(figure.getByRole('button', { name: 'SVG' }));
    expect(svg.name).toBe('roc-curves.svg');
    const text = svg.bytes.toString();
    expect(text).toContain('xmlns="http://www.w3.org/2000/svg"');
    expect(text).not.toMatch(/var\(|class=/);
    expect(text).toMatch(/<text[^>]*>rDual<\/text>/);
    // What the page does not show is not in the file.
    expect(text).not.toMatch(/>rec<\/text>|data-mark="rec"/);
    const png = await saved(figure.getByRole('button', { name: 'PNG' }));
    expect(png.name).toBe('roc-curves.png');
    const { data: pixels, info } = await sharp(png.bytes)
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info.width).toBe(3 * 440);
    // The picture is the file's: the strongest line's red is in it.
    const red = Array.from({ length: pixels.length / 3 }, (_, at) =>
      pixels.subarray(3 * at, 3 * at + 3),
    ).filter(([r = 0, g = 0, b = 0]) => Math.abs(r - 0xc8) + Math.abs(g - 0x39) + Math.abs(b - 0x1b) < 12);
    expect(red.length).toBeGreaterThan(200);
    const figures = await page.locator('figure > svg.chart').count();
    expect(await page.locator('.figure-downloads').count()).toBe(figures);
  });
});

describe('printed', () => {
  test('a run like the demo takes eight pages at most, on white paper, whatever the screen shows', async () => {
    await open('dark', 'demo.html');
    await page.getByLabel('Theme').selectOption('dark');
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
      'rgb(255, 255, 255)',
    );
    const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true });
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page[^s]/g) ?? [];
    console.info(`a run like the demo: ${pages.length} printed pages`);
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.length).toBeLessThanOrEqual(8);
  });

  test('nothing is cut, and every picture has its row labels beside it', async () => {
    await open('light', 'demo.html');
    await page.emulateMedia({ media: 'print' });
    // The width of A4 within its margins.
    await page.setViewportSize({ width: 718, height: 1000 });
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll('main, .scroll, .code pre, .cases, .tile, figure.card')]
        .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
        .map((element) => element.outerHTML.slice(0, 80)),
    );
    expect(cut).toEqual([]);
    const tops = await page
      .locator('.strip')
      .evaluateAll((strips) =>
        strips.map(
          (strip) =>
            new Set([...strip.querySelectorAll('.case')].map((one) => one.getBoundingClientRect().top)).size,
        ),
      );
    expect(tops).toEqual([1, 1, 1]);
  });
});

test('the header is one line on a phone, and nothing is hidden in it that cannot be reached', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  const box = (await page.locator('nav').boundingBox())!;
  expect(box.height).toBeLessThan(52);
  const last = page.locator('nav li a').last();
  await last.scrollIntoViewIfNeeded();
  const own = (await last.boundingBox())!;
  expect(own.x + own.width).toBeLessThanOrEqual(360);
  await last.click();
  expect(new URL(page.url()).hash).toBe('#repeat');
});

test('every figure stands below the head of its column on a phone, where what a score means has no room', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  const shown = await page.evaluate(() => {
    const visible = (row: Element) =>
      [...row.children].filter((cell) => getComputedStyle(cell).display !== 'none').length;
    return [...document.querySelectorAll('#scores > .scroll table')].map((table) => [
      visible(table.querySelector('thead tr')!),
      ...[...table.querySelectorAll('tbody tr')].map(visible),
    ]);
  });
  expect(shown.length).toBeGreaterThan(0);
  for (const cells of shown) expect(new Set(cells).size).toBe(1);
});

test.each([1280, 1000, 480, 360])('is no wider than a window of %d pixels', async (width) => {
  await page.setViewportSize({ width, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
});

test.each(['dataset.html', 'dataset-long-names.html', 'long-names.html', 'demo.html'])(
  '%s is no wider than a phone, whatever is unfolded',
  async (file) => {
    await open('light', file);
    await page.setViewportSize({ width: 360, height: 740 });
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await wide()).toBeLessThanOrEqual(360);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    expect(await wide()).toBeLessThanOrEqual(360);
  },
);

test('theme and colour scale are the reader’s choice', async () => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByLabel('Theme').selectOption('dark');
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.getByLabel('Theme').selectOption('system');
  expect(await background()).toBe(light);

  const filter = () =>
    page
      .locator('button.case .map')
      .first()
      .evaluate((element) => getComputedStyle(element).filter);
  expect(await filter()).toContain('#scale-viridis');
  await page.getByLabel('Colour scale').selectOption('cividis');
  expect(await filter()).toContain('#scale-cividis');
});

describe.each(['light', 'dark'] as const)('accessibility, %s', (scheme) => {
  async function seriousFaults(): Promise<string[]> {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}, ${nodes.length} times, first: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`,
      );
  }

  test('axe finds no serious fault in the page, nor in the large view', async () => {
    await open(scheme);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    expect(await seriousFaults()).toEqual([]);
    await page.locator('button.case').first().click();
    expect(await seriousFaults()).toEqual([]);
  });

  test('axe finds no serious fault in the page of a dataset', async () => {
    await open(scheme, 'dataset.html');
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    expect(await page.locator('#lists tr[data-place]').count()).toBe(5);
    expect(await seriousFaults()).toEqual([]);
  });

  test.each([
    ['comparison-6.html', 'rDual'],
    ['comparison-methods.html', 'main'],
  ])('axe finds no serious fault in the comparison of runs, %s', async (file, row) => {
    await open(scheme, file);
    expect(await page.locator(`#differences tr[data-score="${row}"]`).count()).toBe(2);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    expect(await seriousFaults()).toEqual([]);
  });
});

describe.each([2, 6, 'methods'])('the comparison, %s', (count) => {
  test('is no wider than a phone', async () => {
    await open('light', `comparison-${count}.html`);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  });

  test('takes four printed pages at most, nothing is cut, and every picture has its row labels beside it', async () => {
    await open('light', `comparison-${count}.html`);
    await page.emulateMedia({ media: 'print' });
    const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true });
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page[^s]/g) ?? [];
    console.info(`a comparison, ${count}: ${pages.length} printed pages`);
    expect(pages.length).toBeLessThanOrEqual(4);
    // The width of A4 within its margins.
    await page.setViewportSize({ width: 718, height: 1000 });
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll('main, .scroll, .list, .cases, figure.card')]
        .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
        .map((element) => element.outerHTML.slice(0, 80)),
    );
    expect(cut).toEqual([]);
    const rows = await page
      .locator('.strip')
      .evaluateAll((strips) =>
        strips.map(
          (strip) =>
            new Set([...strip.querySelectorAll('.case')].map((one) => one.getBoundingClientRect().top)).size,
        ),
      );
    expect(new Set(rows)).toEqual(new Set([1]));
  });
});
