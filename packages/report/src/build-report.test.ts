import { methods } from '@ddad/methods';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildReport } from './build-report.ts';
import { percent } from './figures.ts';
import { page, sections } from './parsed-page.testing.ts';
import { heatMapsOf, syntheticRun } from './synthetic-run.testing.ts';

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
    expect(made.texts('.facts')[0]).toMatch(/backbone aeu, K = 3 · seed 0\s+· 20 epochs/);
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
