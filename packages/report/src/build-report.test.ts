import type { RunResult } from '@ddad/contract';
import { methods } from '@ddad/methods';
import { parseHTML } from 'linkedom';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildReport } from './build-report.ts';
import { percent } from './figures.ts';
import { decodeFloats, encodeFloats } from './float-text.ts';
import { dataElements, type PageData } from './page-data.ts';
import { heatMapsOf, syntheticRun } from './synthetic-run.testing.ts';

async function page(data: Parameters<typeof buildReport>[0]) {
  const text = await buildReport(data);
  const { document } = parseHTML(text);
  const json = (id: string): unknown => JSON.parse(document.getElementById(id)!.textContent);
  const texts = (selector: string) =>
    [...document.querySelectorAll(selector)].map((element) => element.textContent.trim());
  return {
    text,
    document,
    texts,
    result: json(dataElements.result),
    data: json(dataElements.page) as PageData,
  };
}

const sections = ['scores', 'curves', 'histograms', 'gallery', 'images', 'k-curve', 'members', 'repeat'];

describe('a run with labelled test images', () => {
  const data = syntheticRun({ normal: 30, abnormal: 30, side: 16 });
  let made: Awaited<ReturnType<typeof page>>;
  beforeAll(async () => {
    made = await page(data);
  });

  test('says where passes of MC Dropout stand for members', async () => {
    const parsed = methods.parseRunInput({ dataset: 'discs', uncertainty: 'dropout' });
    if ('faults' in parsed) throw new Error('expected a valid input');
    const ddad = methods.method('ddad');
    const result = { ...data.result, ...ddad.facts(parsed.input) };
    const heading = { title: ddad.title, run: ddad.describe(result) };
    const definitions = ddad.scores(parsed.input);
    const { document, texts } = await page({ ...data, input: parsed.input, result, heading, definitions });
    expect(document.querySelector('.facts')?.textContent).toContain('MC Dropout (256 passes, rate 0.1)');
    expect(document.querySelector('title')?.textContent).toContain('MC Dropout (256 passes, rate 0.1)');
    expect(texts('tr[data-score="aIntra"] .meaning')[0]).toContain('spread of the passes');
    expect(made.texts('tr[data-score="aIntra"] .meaning')[0]).toContain('spread of the NDM members');
  });

  test('holds report.json as it is', () => {
    expect(made.result).toEqual(JSON.parse(JSON.stringify(data.result)));
  });

  test('shows the figures of report.json', () => {
    const { scores, withoutCopies, histogramDistance, members } = data.result;
    const between = ({ low, high }: { low: number; high: number }) => `${percent(low)}–${percent(high)}`;
    for (const [name, { auc, ap, aucInterval, apInterval, ...rates }] of Object.entries(scores!)) {
      const clean = withoutCopies!.scores![name]!;
      const shown = made.texts(`tr[data-score="${name}"] td.number`);
      const distance = histogramDistance![name]!.toFixed(1);
      expect(shown).toEqual([
        `${percent(auc)} ${between(aucInterval!)}`,
        `${percent(ap)} ${between(apInterval!)}`,
        distance,
        percent(clean.auc),
        percent(clean.ap),
      ]);
      expect(made.texts(`tr[data-rates="${name}"] td`)).toEqual(
        [...rates.sensitivityAt!, ...rates.specificityAt!].map(
          (rate) => `${percent(rate.value)} ${between(rate)}`,
        ),
      );
      expect(made.texts(`[data-histogram="${name}"] .chi`)).toEqual([`χ² = ${distance}`]);
    }
    expect(made.texts('.tile dd:not(.detail)')[0]).toBe(`${percent(scores!.rDual!.auc)}%`);
    expect(made.texts('.tile .detail')[0]).toBe(
      `${between(scores!.rDual!.aucInterval!)}\u00a0%; area under the ROC curve`,
    );
    expect(made.texts('#scores .caption')[0]).toMatch(
      /^Below each figure is its 95 % interval: 50 resamples of test images/,
    );
    const rows = made.texts('table.members tbody tr');
    expect(rows).toHaveLength(6);
    members.forEach(({ seed, trainer, key }, i) => {
      for (const figure of [String(seed), trainer, key.slice(0, 12)]) expect(rows[i]).toContain(figure);
    });
    expect(rows[1]).toContain('finished before this run');
  });

  test('says what grey levels alone would give, and warns where that is as much', async () => {
    const { test: images } = data;
    // Means 30 ... 59, rising with the place: the abnormal ones, which come last, are the brighter ones.
    const side = images!.side;
    const pixels = async (places: readonly number[]) =>
      Uint8Array.from({ length: places.length * side ** 2 }, (_, at) => places[Math.floor(at / side ** 2)]!);
    const { texts } = await page({ ...data, test: { ...images!, pixels } });
    expect(texts('#without-network')[0]).toContain('mean grey 100.0\u00a0%, contrast 50.0\u00a0%');
    expect(texts('#scores .note.warning').join()).toContain('mean grey alone tells normal from abnormal');
    // All alike: nothing to warn of.
    const flat = async (places: readonly number[]) => new Uint8Array(places.length * side ** 2);
    const other = await page({ ...data, test: { ...images!, pixels: flat } });
    expect(other.texts('#without-network')[0]).toContain('mean grey 50.0');
    expect(other.texts('#scores .note.warning').join()).not.toContain('alone tells');
  });

  test('says what sizes and formats of the files alone tell, and warns of them too', async () => {
    const separations = [
      { of: 'original size', auc: 0.5 },
      { of: 'file format', auc: 1 },
    ];
    const { texts } = await page({ ...data, separations });
    expect(texts('#without-network')[0]).toContain('original size 50.0\u00a0%, file format 100.0\u00a0%');
    expect(texts('#scores .note.warning').join()).toContain('file format alone tell normal from abnormal');
  });

  test('what tells nothing by itself is no warning, however poor the scores are', async () => {
    const flat = async (places: readonly number[]) => new Uint8Array(places.length * data.test!.side ** 2);
    const inverted = Object.keys(data.result.scores!).map((name) => [name, { auc: 0.2, ap: 0.4 }] as const);
    const { texts } = await page({
      ...data,
      result: { ...data.result, scores: Object.fromEntries(inverted) },
      test: { ...data.test!, pixels: flat },
      separations: [
        { of: 'original size', auc: 0.5 },
        { of: 'file format', auc: 0.6 },
      ],
    });
    const notes = texts('#scores .note.warning').join();
    expect(notes).toContain('Trivial? file format alone tells normal from abnormal');
  });

  test('compares maps with masks, and has outlines of those that it shows', async () => {
    expect(made.document.getElementById('pixel-truth')).toBeNull();
    expect(made.document.getElementById('viewer-outline')).toBeNull();
    const figures = { auroc: 0.91, ap: 0.52, aupro: 0.73, bestDice: 0.64, bestThreshold: 0.125 };
    const images = { normal: 30, masked: 28, withoutMask: 2 };
    const scores = { rDual: { ...figures, threshold: 0.25, diceAtThreshold: 0.45 }, aInter: figures };
    const pixelTruth = { images, falsePositiveRate: 0.05, scores };
    const mask = async (image: number) =>
      image < 30 ? null : Uint8Array.from({ length: 16 * 16 }, (_, at) => (at === image ? 1 : 0));
    const masked = { ...data, result: { ...data.result, pixelTruth }, test: { ...data.test!, mask } };
    const { texts, document, data: pageData } = await page(masked);
    const cells = (name: string) => texts(`tr[data-pixels="${name}"] td`);
    expect(cells('rDual')).toEqual(['91.0', '52.0', '73.0', '64.0', '0.1250', '45.0', '0.2500']);
    expect(cells('aInter').slice(5)).toEqual(['–', '–']);
    expect(texts('#pixel-truth .caption')[0]).toContain('95.0 % quantile of the held-out normal images');
    expect(texts('#pixel-truth .caption')[0]).toContain('2 test images without a mask do not count');
    expect(document.querySelectorAll('#viewer svg.outline')).toHaveLength(2);
    expect(document.getElementById('viewer-outline')).not.toBeNull();
    for (const { number, label, outline } of pageData.cases) {
      const [x, y] = [(number - 1) % 16, Math.floor((number - 1) / 16)];
      const expected = `M${x} ${y}h1M${x} ${y + 1}h1M${x} ${y}v1M${x + 1} ${y}v1`;
      expect(outline).toBe(label === 1 ? expected : undefined);
    }
    const without = { ...pixelTruth, scores: null };
    const none = await page({ ...data, result: { ...data.result, pixelTruth: without } });
    expect(none.document.getElementById('pixel-truth')).toBeNull();
  });

  test('shows AUC by pathology, and over seen and unseen ones', async () => {
    const { scores } = data.result;
    const of = (aInter: number) => ({ ...scores!, aInter: { auc: aInter, ap: 0.5 } });
    const group = (names: string[], images: number, auc: number) => ({
      pathologies: names,
      images,
      scores: of(auc),
    });
    const pathologies = {
      normals: 30,
      each: [
        { name: '<b>cyst</b>', images: 12, unlabeled: 3, seen: true, scores: of(0.111) },
        { name: 'mass', images: 0, unlabeled: 0, seen: null, scores: null },
      ],
      byRun: { seen: group(['<b>cyst</b>'], 11, 0.222), unseen: group([], 4, 0.333), neither: 2 },
      byPool: { seen: group(['<b>cyst</b>', 'mass'], 5, 0.444), unseen: group([], 6, 0.555), neither: 2 },
      unnamed: 13,
    };
    const { document, texts } = await page({ ...data, result: { ...data.result, pathologies } });
    expect(texts('nav li a')).toContain('Pathologies');
    const rows = [...document.querySelectorAll('#pathologies tbody tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent.trim()),
    );
    expect(rows.map((row) => [row[0], row[1], row[2], row[6]])).toEqual([
      ['<b>cyst</b>', '12', '3 images', '11.1'],
      ['mass', '0', 'unknown', ''],
      ['only seen ones', '11', '1 kind', '22.2'],
      ['only unseen ones', '4', '0 kinds', '33.3'],
      ['only those in the unlabeled pool', '5', '2 kinds', '44.4'],
      ['only those not in it', '6', '0 kinds', '55.5'],
    ]);
    expect(document.querySelector('#pathologies .caption')!.textContent).toMatch(
      /30 normal test images[\s\S]*13 abnormal/,
    );
    const seen = 'unlabeled images Du, which it was trained on, shows it';
    expect(document.querySelector('#pathologies .caption')!.textContent).toContain(seen);
    const normalAlone = await page({
      ...data,
      result: { ...data.result, pathologies },
      trainsOnUnlabeled: false,
    });
    const caption = normalAlone.document.querySelector('#pathologies .caption')!.textContent;
    expect(caption).toContain('The run was trained on normal images alone, and has seen no pathology;');
    expect(caption).not.toContain(seen);
    expect(made.document.querySelector('#pathologies')).toBeNull();
  });

  test('has a curve of every score in both charts, and a histogram and loss curves', () => {
    for (const name of ['rec', 'recEnsemble', 'aIntra', 'aInter', 'rIntra', 'rDual']) {
      expect(made.document.querySelectorAll(`.curves path[data-mark="${name}"]`)).toHaveLength(2);
    }
    expect(made.document.querySelectorAll('[data-histogram] path[data-mark="abnormal"]')).toHaveLength(12);
    expect(made.document.querySelectorAll('.losses path[data-mark]')).toHaveLength(6 + 2);
  });

  test('shows hits, misses and false alarms with all maps of one scale', () => {
    expect(made.texts('#gallery h3').map((title) => title.split('  ')[0])).toHaveLength(3);
    expect(made.data.maps.map(({ name }) => name)).toEqual([
      'recEnsemble',
      'aIntra',
      'aInter',
      'rIntra',
      'rDual',
    ]);
    const buttons = [...made.document.querySelectorAll('button.case')];
    expect(buttons).toHaveLength(15 + 15 + 20);
    for (const button of buttons) expect(button.querySelectorAll('img')).toHaveLength(6);
    const [hit] = made.data.cases;
    const scores = data.test.scores.rDual!;
    expect(scores[hit!.number - 1]).toBe(Math.max(...Array.from(scores)));
    expect(hit).toMatchObject({ label: 1, group: 'Clearest hits' });
  });

  test('counts the normal images of lower score', () => {
    const { scores, labels } = data.test;
    const { number, scores: shown } = made.data.cases[3]!;
    const mine = scores.aIntra![number - 1]!;
    const below = Array.from(scores.aIntra!).filter(
      (score, image) => labels![image] === 0 && score < mine,
    ).length;
    expect(shown.find(({ name }) => name === 'aIntra')).toMatchObject({
      value: mine,
      aboveNormals: below / 30,
    });
  });

  test('shows what smaller ensembles would have given, drawn and in figures', () => {
    const curve = data.result.kCurve!;
    expect(made.texts('#k-curve tbody th')).toEqual(['1', '2', '3']);
    const { auc, ap } = curve[1]!.scores.aInter!;
    expect(made.texts('tr[data-k="2"] td').slice(5)).toEqual([
      `${percent(auc.mean)} ± ${percent(auc.std)}`,
      `${percent(ap.mean)} ± ${percent(ap.std)}`,
    ]);
    // A_intra needs two members.
    expect(made.texts('tr[data-k="1"] td').slice(3, 5)).toEqual(['', '']);
    for (const name of ['recEnsemble', 'aIntra', 'aInter']) {
      expect(made.document.querySelectorAll(`#k-curve path[data-mark="${name}"]`)).toHaveLength(2);
    }
  });

  test('tells the gain over the simplest score, how the networks behind it differ, and the stages in their order', () => {
    const { rec, rDual } = data.result.scores!;
    const tiles = made.texts('.tile').map((tile) => tile.replaceAll(/\s+/g, ' '));
    const gain = ((rDual!.auc - rec!.auc) * 100).toFixed(1);
    expect(tiles[2]).toBe(`against Arec,0+${gain}points of AUC; rec: ${percent(rec!.auc)} %`);
    expect(tiles[5]).toBe('time5 min 1 strain 3 min 20 s, maps 8.0 s, refine 1 min 30 s');
    expect(made.texts('#scores .caption')[0]).toContain(
      `rec over all networks that give it: AUC ${percent(rec!.aucMean!)} ± 1.3`,
    );
  });

  test('gives the six scores the colours and dashes of a palette, the last one the strongest line', () => {
    const lines = [...made.document.querySelectorAll('.legend line')].map((line) =>
      ['stroke', 'stroke-dasharray', 'stroke-width'].map((name) => line.getAttribute(name)),
    );
    expect(lines).toEqual([
      ['var(--score-6)', '1 4', '2'],
      ['var(--score-5)', '9 3', '2'],
      ['var(--score-4)', '2 3', '2'],
      ['var(--score-3)', '7 3 2 3', '2'],
      ['var(--score-2)', null, '2'],
      ['var(--score-1)', null, '2.5'],
    ]);
    for (const [, name] of made.text.matchAll(/var\(--((?:score|role)-\d+)\)/g))
      expect(made.text).toContain(`--${name}: light-dark(#`);
  });

  test('explains roles, counts epochs and lists recipes and images by what the artifacts say', () => {
    expect(made.texts('#members .caption')[0]).toContain('UDM: trained on normal and unlabeled images.');
    expect(made.texts('.facts')[0]).toMatch(/backbone ae, K = 3 · seed 0\s+· 20 epochs/);
    expect(made.texts('#repeat')[0]).toMatch(/recipesmembers 1, maps 1, refiners 1/);
    expect(made.texts('#repeat')[0]).toContain(`images of NDM${'d'.repeat(64)}`);
    const keys = made.texts('#members figcaption .keys').map((line) => line.replaceAll(/\s+/g, ' '));
    expect(keys).toEqual(['NDM UDM', 'refiner dual refiner intra']);
  });

  test('says how to repeat the run', () => {
    const input = JSON.parse(made.texts('#code-input')[0]!) as unknown;
    expect(input).toEqual(data.input);
    const [repeat] = made.texts('#repeat');
    for (const key of [data.datasetDigest, ...data.result.members.map((member) => member.key)]) {
      expect(repeat).toContain(key);
    }
    expect(repeat).toContain('Test Processor');
  });

  test('loads nothing and lets no other script run', () => {
    expect(made.text).not.toMatch(/(?:src|href)="(?!data:|#)/);
    expect(made.text).not.toMatch(/url\((?!#)/);
    const policy = made.document.querySelector('meta[http-equiv]')!.getAttribute('content')!;
    expect(policy).toMatch(/^default-src 'none'; img-src data:; .*script-src 'sha256-[\w+/]+=*'/);
  });
});

describe('all test images', () => {
  test('have their scores, what they show, and the held-out scores behind p-values in the page, in 32 bits each', async () => {
    const run = syntheticRun({ normal: 3, abnormal: 2, side: 8 });
    run.result.calibration = { images: 2, falsePositiveRate: 0.5, thresholds: null };
    run.result.labelFree = { images: { unlabeled: 0, heldOut: 2 }, scores: {} };
    const pathologies = [{ name: '<i>cyst</i>', images: [3, 4] }];
    const { data: found, texts } = await page({
      ...run,
      heldOut: { rDual: [0.25, 0.5] },
      test: { ...run.test, pathologies },
    });
    expect(Object.keys(found.scores)).toEqual(Object.keys(run.result.scores!));
    expect(decodeFloats(found.scores.rDual!)).toEqual(run.test.scores.rDual);
    expect(found.heldOut).toEqual({ rDual: encodeFloats([0.25, 0.5]) });
    expect(found).toMatchObject({ main: 'rDual', pathologies });
    expect(texts('#image-filters option')).toContain('<i>cyst</i>');
    // The main score comes first.
    expect(texts('#image-rows thead th button').slice(0, 6)).toEqual([
      'image',
      'label',
      'pathology',
      'verdict',
      'p',
      'Rdual rDual',
    ]);
    expect(texts('#names-note')[0]).toContain('npx ddad report RUN --names');
  });

  test('20,000 of them with twenty-six scores take less than 3 MB', async () => {
    const run = syntheticRun({ normal: 2, abnormal: 2, side: 8, reduced: true });
    const count = 20_000;
    const scores = Object.fromEntries(
      Object.keys(run.test.scores).map((name) => [
        name,
        Float32Array.from({ length: count }, (_, at) => ((at * 7919) % count) / 3),
      ]),
    );
    const pixels = async (places: readonly number[]) => new Uint8Array(places.length * 64);
    const labels = Array.from({ length: count }, (_, at): 0 | 1 => (at % 2 === 0 ? 0 : 1));
    const images = { ...run.test, labels, copies: labels.map(() => false), scores, maps: {}, pixels };
    const { data } = await page({ ...run, test: images });
    expect(JSON.stringify(data).length).toBeLessThan(3e6);
  });
});

describe('doubtful scores', () => {
  const doubtful = (change: (scores: NonNullable<RunResult['scores']>) => void) => {
    const data = syntheticRun({ normal: 9, abnormal: 9, side: 8 });
    for (const found of Object.values(data.result.scores!)) found.aucInterval = { low: 0.6, high: 0.9 };
    change(data.result.scores!);
    return data;
  };
  const warnings = (texts: (selector: string) => string[], within: string) =>
    texts(`${within} [data-warning]`).map((text) => text.replaceAll(/\s+/g, ' '));

  test('are warned of beside their figures; the main one at the top of the page as well', async () => {
    const data = doubtful((scores) => {
      scores.rec!.aucInterval = { low: 0.2, high: 0.4 };
      scores.aIntra!.aucInterval = { low: 0.45, high: 0.6 };
      scores.rDual!.aucInterval = { low: 0.48, high: 0.7 };
    });
    const { texts } = await page(data);
    expect(warnings(texts, '#scores')).toEqual([
      'Inverted. rec: normal images score higher than abnormal ones.',
      'Chance? aIntra, rDual: the interval of the AUC reaches below 50 %.',
    ]);
    expect(warnings(texts, '#summary')).toEqual([
      'Chance? rDual: the interval of the AUC reaches below 50 %.',
    ]);
    const sure = await page(doubtful(() => undefined));
    expect(warnings(sure.texts, 'main')).toEqual([]);
  });

  test('by patient: the caption says so; results from before there were intervals have none', async () => {
    const data = doubtful(() => undefined);
    data.result.intervals = { ...data.result.intervals!, by: 'patient', units: 7 };
    const { texts } = await page(data);
    expect(texts('#scores .caption')[0]).toContain('of the 7 patients of the test images');
    const { intervals: _, ...older } = data.result;
    older.scores = { rDual: { auc: 0.4, ap: 0.5 } };
    const old = await page({ ...data, result: older });
    expect(old.texts('tr[data-score="rDual"] td.number')[0]).toBe('40.0');
    expect(old.texts('#scores .interval, #scores [data-rates], #scores h3')).toEqual([]);
    expect(warnings(old.texts, '#summary')[0]).toMatch(/^Inverted/);
  });

  test('thresholds that find next to nothing are warned of', async () => {
    const data = doubtful(() => undefined);
    const thresholds = { rDual: { threshold: 1, sensitivity: 0.05, specificity: 1 } };
    data.result.calibration = { images: 40, falsePositiveRate: 0.05, thresholds };
    data.result.labelFree = {
      images: { unlabeled: 1, heldOut: 40 },
      scores: { rDual: { auc: 0.5, heldOutMean: 1 } },
    };
    const { texts } = await page(data);
    expect(warnings(texts, '#thresholds')[0]).toMatch(/^Blind. rDual: the threshold finds less than 10 %/);
    expect(warnings(texts, '#summary')).toHaveLength(1);
  });
});

test('AUC stands by map and image score; what maps give beside the main kind of score has tables of its own, folded away', async () => {
  const data = syntheticRun({ normal: 6, abnormal: 6, side: 16, reduced: true });
  const { document, texts } = await page(data);
  const rows = ['rec', 'recEnsemble', 'aIntra', 'aInter', 'rIntra', 'rDual'];
  expect([...document.querySelectorAll('tr[data-map]')].map((row) => row.getAttribute('data-map'))).toEqual(
    rows,
  );
  const { scores } = data.result;
  const figures = ['', 'Top', 'Peak', 'Relative', 'Foreground'].map((end) => scores![`aInter${end}`]!.auc);
  const shown = texts('tr[data-map="aInter"] td.number').map((text) => text.split(' ')[0]);
  expect(shown).toEqual(figures.map(percent));
  expect(texts('tr[data-map="rec"] td').map((text) => text !== '')).toEqual([
    true,
    true,
    ...Array(4).fill(false),
  ]);
  expect(texts('#scores td.main')[0]).toMatch(new RegExp(`^${percent(scores!.rDualTop!.auc)} `));

  const tops = ['recEnsembleTop', 'aIntraTop', 'aInterTop', 'rIntraTop', 'rDualTop'];
  for (const mark of ['score', 'rates']) {
    const all = [...document.querySelectorAll(`#scores tr[data-${mark}]`)];
    const open = all.filter((row) => row.closest('details') === null);
    expect(open.map((row) => row.getAttribute(`data-${mark}`))).toEqual(tops);
    expect(all.length).toBe(26);
  }
  const folded = [
    'Means of the maps',
    'Largest local means',
    'Means of the highest pixels, by the image’s brightness',
    'Means over the foreground',
  ];
  expect(texts('#scores summary')).toEqual([...folded, ...folded]);
});

test.each([
  [undefined, 'largest 5×5…Peak'],
  [128, 'largest 11×11…Peak'],
  [256, 'largest 21×21…Peak'],
])('the window of local means is that of the images’ size, %s', async (imageSize, title) => {
  const data = syntheticRun({ normal: 6, abnormal: 6, side: 16, reduced: true });
  if (imageSize !== undefined) data.result.imageSize = imageSize;
  const { texts } = await page(data);
  expect(texts('#scores .scroll:first-of-type thead th')).toContain(title);
});

describe('a run with held-out normal images', () => {
  const heldOut = () => {
    const data = syntheticRun({ normal: 9, abnormal: 9, side: 8 });
    data.result.calibration = {
      images: 40,
      falsePositiveRate: 0.05,
      thresholds: { rDual: { threshold: 0.125, sensitivity: 0.875, specificity: 0.75 } },
    };
    data.result.labelFree = {
      images: { unlabeled: 30, heldOut: 40 },
      scores: { rDual: { auc: 0.625, heldOutMean: 0.0625 } },
    };
    return data;
  };

  test('shows its thresholds and label-free figures apart from the scores', async () => {
    const { texts, data } = await page(heldOut());
    expect(texts('tr[data-threshold="rDual"] td')).toEqual(['0.1250', '87.5', '75.0', '62.5*', '0.06250']);
    expect(texts('#thresholds .caption')[0]).toMatch(/at most 5\.0 % are expected above a threshold/);
    expect(texts('#scores')[0]).not.toContain('label-free');
    expect(data.thresholds).toEqual({ rDual: 0.125 });
  });

  test('marks the label-free AUC of scores that learned from the unlabeled images', async () => {
    const data = heldOut();
    data.result.labelFree!.scores.rIntra = { auc: 0.6, heldOutMean: 0.5 };
    const both = await page(data);
    expect(both.texts('tr[data-threshold="rDual"] td')[3]).toBe('62.5*');
    expect(both.texts('tr[data-threshold="rIntra"] td')[3]).toBe('60.0');
    expect(both.texts('#thresholds .caption')[0]).toContain(
      'Scores with * learned from these unlabeled images',
    );
    data.result.labelFree!.scores = { rIntra: { auc: 0.6, heldOutMean: 0.5 } };
    expect((await page(data)).texts('#thresholds .caption')[0]).not.toContain('*');
  });

  test('says what thresholds need where the images are too few', async () => {
    const data = heldOut();
    data.result.calibration!.thresholds = null;
    const made = await page(data);
    expect(made.texts('#thresholds .caption')[0]).toMatch(/need 19 held-out normal images, not 40/);
    expect(made.texts('tr[data-threshold="rDual"] td')[0]).toBe('–');
    expect(made.data.thresholds).toEqual({});
  });

  test('others have no such section', async () => {
    const { document } = await page(syntheticRun({ normal: 2, abnormal: 2, side: 8 }));
    expect(document.getElementById('thresholds')).toBeNull();
  });
});

test('text of a run cannot become markup', async () => {
  const data = syntheticRun({ normal: 2, abnormal: 2, side: 8, k: 2 });
  data.result.members[0]!.trainer = '<img src=x onerror=alert(1)>';
  data.result.failedMembers = [{ role: 'udm', index: 1, reason: '</script><b>"' }];
  data.result.kPerRole = { ndm: 2, udm: 1 };
  const { document, texts } = await page(data);
  expect(document.querySelector('img[src=x]')).toBeNull();
  expect(texts('table.members')[0]).toContain('<img src=x onerror=alert(1)>');
  expect(texts('.note.warning')[0]).toContain('UDM 1: </script><b>"');
  expect(texts('.note.warning')[0]).toContain(': 2 NDM and 1 UDM.');
});

test('without labels there is a gallery of the highest scores and no figure that needs labels', async () => {
  const { document, data: given } = await page(
    syntheticRun({ normal: 20, abnormal: 20, side: 8, unlabeledTest: true }),
  );
  const shown = sections.filter((id) => document.getElementById(id) !== null);
  expect(shown).toEqual(['gallery', 'images', 'members', 'repeat']);
  expect(given.labels).toBeNull();
  const scores = given.cases.map(({ scores }) => scores.find(({ name }) => name === 'rDual')!.value);
  expect(scores).toHaveLength(40);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(given.cases[0]).toMatchObject({ label: null });
});

test('without test images there are members and settings alone', async () => {
  const data = { ...syntheticRun({ normal: 2, abnormal: 2, side: 8, unlabeledTest: true }), test: null };
  const { document } = await page(data);
  expect(sections.filter((id) => document.getElementById(id) !== null)).toEqual(['members', 'repeat']);
  expect(document.getElementById('viewer')).toBeNull();
});

test('the one-class mode shows what it has', async () => {
  const { document, texts, data } = await page(
    syntheticRun({ normal: 9, abnormal: 9, side: 8, oneClass: true }),
  );
  expect(data.maps.map(({ name }) => name)).toEqual(['recEnsemble', 'aIntra', 'rIntra']);
  expect(texts('.facts')[0]).toContain('one-class mode');
  expect(document.querySelectorAll('tr[data-score]')).toHaveLength(4);
  expect(texts('.tile dt')[0]).toBe('AUC of Rintra');
});

test('says everything that does not fit together', async () => {
  const data = syntheticRun({ normal: 2, abnormal: 2, side: 8 });
  const test = {
    ...data.test,
    labels: [0, 1] as const,
    maps: { aIntra: heatMapsOf(new Float32Array(128), 8) },
  };
  await expect(buildReport({ ...data, test })).rejects.toThrow(
    'labels: expected 4 for 4 test images, got 2; maps aIntra: expected shape [4, 8, 8], got [2, 8, 8]',
  );
});

test('reads maps once in pieces for their scales, and besides what the gallery shows', async () => {
  // A piece holds 2^20 values: 256 images of 64 × 64.
  const data = syntheticRun({ normal: 200, abnormal: 100 });
  const [reads, pictures]: [[string, number, number][], number[]] = [[], []];
  const maps = Object.fromEntries(
    Object.entries(data.test.maps).map(([name, { shape, read }]) => [
      name,
      {
        shape,
        read: (first: number, images: number) => {
          reads.push([name, first, images]);
          return read(first, images);
        },
      },
    ]),
  );
  const pixels = (images: readonly number[]) => {
    pictures.push(...images);
    return data.test.pixels(images);
  };
  const made = await page({ ...data, test: { ...data.test, maps, pixels } });
  const cases = made.data.cases.map(({ number }) => number - 1);
  expect(cases).toHaveLength(60);
  // Those that are shown; then all of them once, in pieces, for their grey levels.
  expect(pictures.slice(0, 60)).toEqual(cases);
  expect(pictures.slice(60)).toEqual(Array.from({ length: 300 }, (_, place) => place));
  for (const name of Object.keys(maps)) {
    const own = reads.flatMap(([of, first, images]) => (of === name ? [[first, images]] : []));
    expect(own).toEqual([[0, 256], [256, 44], ...cases.map((place) => [place, 1])]);
  }
});

describe('a run of another method', () => {
  /** Two scores, one map, one role that nobody explains; nothing else that only some methods have. */
  const other = () => {
    const { test, maps: _maps, ...data } = syntheticRun({ normal: 9, abnormal: 9, side: 8, oneClass: true });
    const { kCurve: _kCurve, ...result } = data.result;
    const [near, far] = [test.scores.rec!, test.scores.aIntra!];
    const of = (name: string) => result.scores![name]!;
    const definition = { meaning: '', map: false };
    return {
      ...data,
      result: {
        ...result,
        deviations: ['64 px in place of 256', '<i>fewer</i> epochs'],
        members: result.members.map((member) => ({ ...member, role: 'net', loss: null })),
        scores: { far: of('aIntra'), near: of('rec') },
        histogramDistance: {},
        seconds: { plan: 1, learn: 5, total: 6 },
      },
      definitions: [
        { ...definition, name: 'near', symbol: { letter: 'S', index: '' }, rank: 1 },
        { ...definition, name: 'far', symbol: { letter: 'S', index: '<far>' }, map: true, rank: 0 },
      ],
      heading: { title: 'Nearness', run: 'radius 5' },
      roles: {},
      stages: ['learn'],
      artifacts: data.artifacts.flatMap((artifact) => {
        const { history: _history, ...rest } = artifact;
        return artifact.kind === 'members' ? [{ ...rest, id: 'network' }] : [];
      }),
      test: { ...test, scores: { near, far }, maps: { far: test.maps.aIntra! } },
    };
  };

  test('has a page of what it has', async () => {
    const { document, texts, data } = await page(other());
    expect(texts('.overline')).toEqual(['Nearness']);
    expect(texts('.deviations')).toEqual([
      'Differs from its source: 64 px in place of 256; <i>fewer</i> epochs.',
    ]);
    expect(texts('title')).toEqual(['discs: radius 5, seed 0 — DDAD report']);
    expect(texts('.tile dt').slice(0, 3)).toEqual(['AUC of S', 'AP of S', 'test images']);
    expect(texts('.tile').at(-1)).toContain('learn 5.0 s');
    expect(texts('tr[data-score] th').map((head) => head.replaceAll(/\s+/g, ' '))).toEqual([
      'S near',
      'S<far> far',
    ]);
    expect(sections.filter((id) => document.getElementById(id) === null)).toEqual(['k-curve']);
    expect(data.maps.map(({ name }) => name)).toEqual(['far']);
    expect(document.querySelectorAll('.curves path[data-mark="near"]')).toHaveLength(2);
    expect(texts('table.members tbody th')[0]).toBe('NET 0');
    expect(document.querySelectorAll('.losses svg, table.members svg')).toHaveLength(0);
    expect(texts('#members .caption')[0]).toMatch(/^3 members\. Times are/);
  });

  test('has a gallery of images alone where no score has a map', async () => {
    const run = other();
    const { document } = await page({ ...run, test: { ...run.test, maps: {} } });
    expect(document.querySelectorAll('button.case')[0]!.querySelectorAll('img')).toHaveLength(1);
    expect(document.querySelector('.map-controls')!.hasAttribute('hidden')).toBe(true);
    expect(document.getElementById('colour-scale')).toBeNull();
    expect(document.querySelector('#gallery .caption')!.textContent).not.toContain('map');
  });

  test('has the losses of its trainings alone where it has no members', async () => {
    const run = other();
    const result = { ...run.result, members: [] };
    const [network] = run.artifacts;
    const { member: _member, ...trained } = { ...network!, history: [0.5, 0.25] };
    const { document, texts } = await page({ ...run, result, artifacts: [trained] });
    expect(texts('#members h2')).toEqual(['Training']);
    expect(texts('nav a[href="#members"]')).toEqual(['Training']);
    expect(texts('#members figcaption').map((caption) => caption.replaceAll(/\s+/g, ' '))).toEqual([
      'Loss network',
    ]);
    expect(document.querySelectorAll('#members svg')).toHaveLength(1);
    expect(document.querySelectorAll('#members table')).toHaveLength(0);
    expect(document.querySelector('.diverged')).toBeNull();
  });

  test('says which trainings beside the members diverged, with or without members', async () => {
    const run = other();
    const [key, unit] = ['d'.repeat(64), 'epoch'] as const;
    const nodes = [
      { id: 'generator', kind: 'trained-nets', key, unit, divergedSeed: 6, seed: 7 },
      { id: 'scores', kind: 'scored-sums', key, unit },
    ];
    const shown = async (members: typeof run.result.members, artifacts = run.artifacts) =>
      (await page({ ...run, result: { ...run.result, members, nodes }, artifacts })).texts(
        '#members .diverged',
      );
    const expected = ['generator diverged with seed 6 and was trained with seed 7 instead.'];
    expect(await shown(run.result.members)).toEqual(expected);
    expect(await shown([], [])).toEqual(expected);
  });
});

test('a page of 2,000 test images stays under 15 MB and 20 s of processor time', async () => {
  const data = syntheticRun({ normal: 1000, abnormal: 1000, k: 10, epochs: 250 });
  const before = process.cpuUsage();
  const text = await buildReport(data);
  const { user, system } = process.cpuUsage(before);
  const [seconds, megabytes] = [(user + system) / 1e6, Buffer.byteLength(text) / 1e6];
  console.info(
    `page of 2,000 test images: ${megabytes.toFixed(2)} MB, ${seconds.toFixed(1)} s of processor time`,
  );
  expect(megabytes).toBeLessThan(15);
  expect(seconds).toBeLessThan(20);
}, 240_000);
