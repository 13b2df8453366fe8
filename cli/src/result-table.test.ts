import { defaultMethod, type RunResult, type RunSettings, withReductions } from '@ddad/contract';
import { methods } from '@ddad/methods';
import { describe, expect, it } from 'vitest';
import { inventedMethods, inventedResult } from './invented-method.testing.ts';
import { resultLines } from './result-table.ts';
import { tableLines } from './table.ts';

const result = inventedResult();

describe('resultLines', () => {
  it("shows the run's scores in percent with one decimal, in the order of their definitions", () => {
    const lines = resultLines(result, inventedMethods);
    expect(lines[0]).toBe('brain: method distillation, 3 students, seed 0');
    expect(lines.slice(2, 6)).toEqual([
      'score  AUC %   AP %',
      'near    82.5   74.8  of the first student',
      'far     60.4   55.8  of all students',
      'fused   87.9  100.0  of both',
    ]);
    expect(lines.join('\n')).toContain('near of each single network: AUC 81.7 ± 0.9');
    expect(lines.at(-1)).toBe('time: 1:34 (plan 0:01, train 1:00, score 0:32, report 0:01)');
  });

  it('shows AUC of all scores by map and what made a number of it, and more of those like the main score', () => {
    const definitions = result.definitions!.map((one) => ({ ...one, map: one.name !== 'near' }));
    const scores = {
      near: { auc: 0.6, ap: 0.55 },
      far: { auc: 0.7, ap: 0.65 },
      farTop: { auc: 0.8, ap: 0.75 },
      fused: { auc: 0.9, ap: 0.85 },
      fusedTop: { auc: 1, ap: 0.95 },
      fusedForeground: { auc: 0.5, ap: 0.45 },
    };
    const labelFree = {
      images: { unlabeled: 9, heldOut: 20 },
      scores: { fused: { auc: 0.75, heldOutMean: 0.5 }, fusedTop: { auc: 0.625, heldOutMean: 0.25 } },
    };
    const calibration = {
      images: 20,
      falsePositiveRate: 0.05,
      thresholds: Object.fromEntries(
        ['fused', 'fusedTop'].map((name) => [name, { threshold: 0.5, sensitivity: 0.25, specificity: 1 }]),
      ),
    };
    const reduced = { ...result, definitions: withReductions(definitions), scores, labelFree, calibration };
    const lines = resultLines(reduced);
    expect(lines.slice(2, 11)).toEqual([
      'AUC %  mean    Top  Foreground',
      'near   60.0                     of the first student',
      'far    70.0   80.0              of all students',
      'fused  90.0  100.0        50.0  of both',
      '',
      'score     AUC %  AP %',
      'near       60.0  55.0  of the first student',
      'farTop     80.0  75.0  mean of the highest 2 % of the pixels of the map of far',
      'fusedTop  100.0  95.0  mean of the highest 2 % of the pixels of the map of fused',
    ]);
    const text = lines.join('\n');
    expect(text).toMatch(/^fusedTop +0\.5000 +25\.0 +100\.0$/m);
    expect(text).not.toMatch(/^fused +0\.5000/m);
    expect(text).toMatch(/^label-free AUC % +mean +Top$/m);
    expect(text).toMatch(/^fused +75\.0 +62\.5 +of both$/m);
    expect(text).toMatch(/^fusedTop +62\.5 +0\.2500$/m);
  });

  it('shows intervals beside AUC and AP where the result has them, says how they were drawn, and warns', () => {
    const scores = {
      near: {
        auc: 0.825,
        ap: 0.748,
        aucInterval: { low: 0.7812, high: 0.86 },
        apInterval: { low: 0.7, high: 0.8 },
      },
      far: { auc: 0.5, ap: 0.4, aucInterval: { low: 0.46, high: 0.54 }, apInterval: { low: 0.3, high: 0.5 } },
    };
    const intervals = { confidence: 0.95, resamples: 2000, by: 'patient', units: 31 } as const;
    const lines = resultLines({ ...result, scores, intervals }, inventedMethods);
    expect(lines.slice(2, 8)).toEqual([
      'score  AUC %       95 %  AP %       95 %',
      'near    82.5  78.1–86.0  74.8  70.0–80.0  of the first student',
      'far     50.0  46.0–54.0  40.0  30.0–50.0  of all students',
      '',
      '95 % intervals: 2,000 resamples of the 31 patients of the test images',
      'warning: Chance? far: the interval of the AUC reaches below 50 %.',
    ]);
  });

  it('shows how maps show where something is, where the dataset has masks', () => {
    const figures = { auroc: 0.9375, ap: 0.5, aupro: 0.75, bestDice: 0.625, bestThreshold: 1 };
    const pixelTruth = {
      images: { normal: 3, masked: 2, withoutMask: 1 },
      falsePositiveRate: 0.05,
      scores: { fused: { ...figures, threshold: 2, diceAtThreshold: 0.25 }, far: figures },
    };
    const lines = resultLines({ ...result, pixelTruth }, inventedMethods);
    const at = lines.findIndex((line) => line.startsWith('pixels, by map of'));
    expect(lines.slice(at, at + 5)).toEqual([
      'pixels, by map of  AUROC %  AP %  AUPRO %  best Dice %  Dice %**',
      'far                   93.8  50.0     75.0         62.5',
      'fused                 93.8  50.0     75.0         62.5      25.0',
      'of 2 test images with a mask and 3 normal ones; 1 test image without a mask left out',
      "** above the 95.0 % quantile of the held-out normal images' pixels",
    ]);
    expect(resultLines(result, inventedMethods).join('\n')).not.toContain('pixels');
  });

  it('tells nothing of single networks where there is one', () => {
    const scores = { near: { auc: 0.8, ap: 0.7, aucMean: 0.8, aucStd: 0 } };
    expect(resultLines({ ...result, scores }).join('\n')).not.toContain('single network');
  });

  it('names the ways in which the method differs from its source', () => {
    const lines = resultLines({ ...result, deviations: ['images of 64 pixels'] });
    expect(lines).toContain('differs from its source: images of 64 pixels');
  });

  it('counts members where the method has any', () => {
    const member = {
      role: 'student',
      seed: 1,
      key: 'a',
      trainer: 't',
      seconds: 1,
      loss: null,
      reused: false,
    };
    const members = [0, 1, 2].map((index) => ({ ...member, index, reused: index === 1 }));
    const lines = resultLines({ ...result, members }, inventedMethods);
    expect(lines.at(-2)).toBe('3 members, 1 of them finished before and reused');
    const none = resultLines({ ...result, members: [] }, inventedMethods);
    expect(none.join('\n')).not.toMatch(/\d members?\b/);
  });

  it("shows a result from before there were methods by the first method's definitions", () => {
    const { definitions: _, ...old } = result;
    const names = methods.method(defaultMethod).scores(old as unknown as RunSettings);
    const scores = Object.fromEntries(names.map(({ name }) => [name, { auc: 0.5, ap: 0.5 }]));
    const lines = resultLines({ ...old, method: defaultMethod, scores });
    expect(lines.slice(3, 3 + names.length).map((line) => line.split(' ')[0])).toEqual(
      names.map(({ name }) => name),
    );
  });

  it('calls synthetic datasets synthetic', () => {
    expect(resultLines({ ...result, synthetic: true })[0]).toContain('brain (synthetic images)');
  });

  it('leaves out what the run does not give', () => {
    const { far: _, fused: __, ...scores } = result.scores ?? {};
    const text = resultLines({ ...result, scores }).join('\n');
    expect(text).toMatch(/^near/m);
    expect(text).not.toMatch(/^(far|fused)/m);
  });

  it('shows the main score by pathology, and over seen and unseen ones', () => {
    const group = { pathologies: [], images: 0, scores: null };
    const { scores } = result;
    const cyst = { name: 'cyst', images: 12, unlabeled: 3, seen: true, scores };
    const each = [
      cyst,
      { name: 'mass', images: 0, unlabeled: 0, seen: false, scores: null },
      { name: 'node', images: 1, unlabeled: 0, seen: null, scores },
    ];
    const bySeen = { seen: { ...group, images: 11, scores }, unseen: group, neither: 2 };
    const pathologies = { normals: 600, each, byRun: bySeen, byPool: bySeen, unnamed: 1 };
    const lines = resultLines({ ...result, pathologies });
    const at = lines.findIndex((line) => line.startsWith('pathology, by fused'));
    expect(lines.slice(at, at + 6)).toEqual([
      'pathology, by fused  images  seen     AUC %   AP %',
      'cyst                     12  yes       87.9  100.0',
      'mass                      0  no',
      'node                      1  unknown   87.9  100.0',
      'only seen ones           11  yes       87.9  100.0',
      'each against all 600 normal test images; 1 abnormal image without a named pathology',
    ]);
    const many = Array.from({ length: 23 }, (_, i) => ({ ...cyst, name: `p${i}` }));
    const text = resultLines({ ...result, pathologies: { ...pathologies, each: many } }).join('\n');
    expect(text).toContain('and 3 more pathologies');
    expect(text).not.toMatch(/^p20 /m);
  });

  it('adds columns and a note where test images have copies in training', () => {
    const lines = resultLines({ ...result, withoutCopies: { images: 1103, scores: result.scores } });
    expect(lines[2]).toMatch(/^score +AUC % +AP % +AUC %\* +AP %\*$/);
    expect(lines[3]).toMatch(/^near +82\.5 +74\.8 +82\.5 +74\.8/);
    expect(lines.join('\n')).toContain('1103 left');
  });

  const heldOut: RunResult = {
    ...result,
    calibration: {
      images: 200,
      falsePositiveRate: 0.05,
      thresholds: {
        near: { threshold: 0.03125, sensitivity: 0.4, specificity: 0.951 },
        fused: { threshold: 2e-4, sensitivity: null, specificity: null },
      },
    },
    labelFree: {
      images: { unlabeled: 1000, heldOut: 200 },
      scores: { near: { auc: 0.702, heldOutMean: 0.0213 }, fused: { auc: 0.75, heldOutMean: 1e-4 } },
    },
  };

  it('shows thresholds from held-out normals, and label-free figures in a table of their own', () => {
    const lines = resultLines(heldOut);
    const text = lines.join('\n');
    expect(text).toContain('thresholds at 5.0 % false positives, from 200 held-out normal images');
    expect(text).toMatch(/^near +0\.03125 +40\.0 +95\.1$/m);
    expect(text).toMatch(/^fused +2\.000e-4$/m);
    expect(text).toContain('label-free, for choosing: 1000 unlabeled against 200 held-out normal images');
    expect(text).toMatch(/^near +70\.2 +0\.02130$/m);
    // The supervised table is what it was.
    expect(lines.slice(0, 7)).toEqual(resultLines(result).slice(0, 7));
    expect(resultLines(result).join('\n')).not.toMatch(/threshold|label-free/);
  });

  it('marks the label-free AUC of scores that learned from the unlabeled images', () => {
    const definitions = heldOut.definitions!.map((one) =>
      one.name === 'fused' ? { ...one, learnsUnlabeled: true as const } : one,
    );
    const text = resultLines({ ...heldOut, definitions }).join('\n');
    expect(text).toMatch(/^near +70\.2 +0\.02130$/m);
    expect(text).toMatch(/^fused +75\.0\* +1\.000e-4$/m);
    expect(text).toContain('\n* learned from these unlabeled images');
    expect(resultLines(heldOut).join('\n')).not.toContain('* learned');
  });

  it('says how many held-out images a threshold takes where there are too few, and leaves out an AUC that is none', () => {
    const text = resultLines({
      ...heldOut,
      calibration: { images: 5, falsePositiveRate: 0.05, thresholds: null },
      labelFree: {
        images: { unlabeled: 0, heldOut: 5 },
        scores: { near: { auc: null, heldOutMean: 0.0213 } },
      },
    }).join('\n');
    expect(text).toContain(
      'no thresholds: at 5.0 % false positives they need 19 held-out normal images, not 5',
    );
    expect(text).toMatch(/^score +held-out mean$/m);
  });

  it('says whose scores they are where members failed, diverged or were trained again', () => {
    const member = { trainer: 't1', seconds: 2, loss: 0.1, reused: false, key: 'k' };
    const lines = resultLines({
      ...result,
      kPerRole: { student: 2, tutor: 3, nobody: 0 },
      failedMembers: [
        { role: 'student', index: 1, reason: 'diverged with seed 4 and with seed 5: loss is NaN' },
      ],
      members: [
        { ...member, role: 'tutor', index: 0, seed: 7, divergedSeed: 6 },
        {
          ...member,
          role: 'tutor',
          index: 1,
          seed: 8,
          replaced: 'members/k/x: expected 9 bytes, found none',
        },
      ],
      nodes: [
        { id: 'generator', kind: 'trained-nets', key: 'k', unit: 'epoch', divergedSeed: 3, seed: 9 },
        { id: 'scores', kind: 'scored-sums', key: 'k', unit: 'image' },
      ],
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        'scores are those of 2 STUDENT and 3 TUTOR members, not of K = 3 each:',
        '  student 1 failed: diverged with seed 4 and with seed 5: loss is NaN',
        'tutor 0 diverged with seed 6 and was trained with seed 7 instead',
        'generator diverged with seed 3 and was trained with seed 9 instead',
        'tutor 1 was finished before, but damaged (members/k/x: expected 9 bytes, found none): trained again',
      ]),
    );
    expect(resultLines(result).join('\n')).not.toMatch(/scores are those|failed|diverged|damaged/);
  });

  it('says why there is no table without labels', () => {
    expect(resultLines({ ...result, scores: null })[2]).toMatch(/^no AUC and AP/);
  });
});

it('aligns a table by its widest cells', () => {
  const columns = [{ heading: 'name' }, { heading: 'n', align: 'right' }] as const;
  expect(
    tableLines(columns, [
      ['a', '1'],
      ['longer', '100'],
    ]),
  ).toEqual(['name      n', 'a         1', 'longer  100']);
});
