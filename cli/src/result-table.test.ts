import type { RunResult } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { resultLines } from './result-table.ts';
import { tableLines } from './table.ts';

const result: RunResult = {
  runId: 'r',
  dataset: 'brain',
  synthetic: false,
  backbone: 'ae',
  k: 3,
  seed: 0,
  scores: {
    rec: { auc: 0.825, ap: 0.748, aucMean: 0.8167, aucStd: 0.0086 },
    recEnsemble: { auc: 0.827, ap: 0.749 },
    aIntra: { auc: 0.604, ap: 0.558 },
    aInter: { auc: 0.834, ap: 0.772 },
    rIntra: { auc: 0.829, ap: 0.76 },
    rDual: { auc: 0.8794, ap: 1 },
  },
  members: [],
  artifacts: { maps: 'm', rIntra: 'i', rDual: 'd' },
  seconds: { plan: 1, train: 60, maps: 2, refine: 30, report: 1, total: 94 },
  files: { report: 'reports/r/report.json', page: 'reports/r/report.html', scores: null },
};

describe('resultLines', () => {
  it('shows the six scores in percent with one decimal', () => {
    const lines = resultLines(result);
    expect(lines[0]).toBe('brain: backbone ae, K = 3, seed 0');
    expect(lines.slice(2, 9).map((line) => line.slice(0, 24))).toEqual([
      'score        AUC %   AP ',
      'rec           82.5   74.',
      'recEnsemble   82.7   74.',
      'aIntra        60.4   55.',
      'aInter        83.4   77.',
      'rIntra        82.9   76.',
      'rDual         87.9  100.',
    ]);
    expect(lines.join('\n')).toContain('AUC 81.7 ± 0.9');
  });

  it('says what the scores are of with MC Dropout', () => {
    const dropout = { rate: 0.1, passes: 256, refinerPasses: 16 };
    const lines = resultLines({ ...result, k: 1, dropout });
    expect(lines[0]).toBe('brain: backbone ae, MC Dropout (256 passes, rate 0.1), seed 0');
    expect(lines.find((line) => line.startsWith('aIntra'))).toContain("spread of the NDM's passes");
    expect(lines.join('\n')).not.toContain('NDM members');
  });

  it('calls synthetic datasets synthetic', () => {
    expect(resultLines({ ...result, synthetic: true })[0]).toContain('brain (synthetic images)');
  });

  it('leaves out what the one-class mode does not give', () => {
    const { aInter: _, rDual: __, ...scores } = result.scores!;
    const text = resultLines({ ...result, scores }).join('\n');
    expect(text).toContain('rIntra');
    expect(text).not.toMatch(/^(aInter|rDual)/m);
  });

  it('shows the main score by pathology, and over seen and unseen ones', () => {
    const group = { pathologies: [], images: 0, scores: null };
    const { scores } = result;
    const each = [
      { name: 'cyst', images: 12, unlabeled: 3, seen: true, scores },
      { name: 'mass', images: 0, unlabeled: 0, seen: false, scores: null },
      { name: 'node', images: 1, unlabeled: 0, seen: null, scores },
    ];
    const bySeen = { seen: { ...group, images: 11, scores }, unseen: group, neither: 2 };
    const pathologies = { normals: 600, each, byRun: bySeen, byPool: bySeen, unnamed: 1 };
    const lines = resultLines({ ...result, pathologies });
    const at = lines.findIndex((line) => line.startsWith('pathology, by rDual'));
    expect(lines.slice(at, at + 6)).toEqual([
      'pathology, by rDual  images  in D_u   AUC %   AP %',
      'cyst                     12  yes       87.9  100.0',
      'mass                      0  no',
      'node                      1  unknown   87.9  100.0',
      'only seen ones           11  yes       87.9  100.0',
      'each against all 600 normal test images; 1 abnormal image without a named pathology',
    ]);
    const many = Array.from({ length: 23 }, (_, i) => ({ ...each[0]!, name: `p${i}` }));
    const text = resultLines({ ...result, pathologies: { ...pathologies, each: many } }).join('\n');
    expect(text).toContain('and 3 more pathologies');
    expect(text).not.toMatch(/^p20 /m);
  });

  it('adds columns and a note where test images have copies in training', () => {
    const lines = resultLines({ ...result, withoutCopies: { images: 1103, scores: result.scores } });
    expect(lines[2]).toMatch(/^score +AUC % +AP % +AUC %\* +AP %\*$/);
    expect(lines[3]).toMatch(/^rec +82\.5 +74\.8 +82\.5 +74\.8/);
    expect(lines.join('\n')).toContain('1103 left');
  });

  const heldOut: RunResult = {
    ...result,
    calibration: {
      images: 200,
      falsePositiveRate: 0.05,
      thresholds: {
        rec: { threshold: 0.03125, sensitivity: 0.4, specificity: 0.951 },
        rDual: { threshold: 2e-4, sensitivity: null, specificity: null },
      },
    },
    labelFree: {
      images: { unlabeled: 1000, heldOut: 200 },
      scores: { rec: { auc: 0.702, heldOutMean: 0.0213 }, rDual: { auc: 0.75, heldOutMean: 1e-4 } },
    },
  };

  it('shows thresholds from held-out normals, and label-free figures in a table of their own', () => {
    const lines = resultLines(heldOut);
    const text = lines.join('\n');
    expect(text).toContain('thresholds at 5.0 % false positives, from 200 held-out normal images');
    expect(text).toMatch(/^rec +0\.03125 +40\.0 +95\.1$/m);
    expect(text).toMatch(/^rDual +2\.000e-4$/m);
    expect(text).toContain('label-free, for choosing: 1000 unlabeled against 200 held-out normal images');
    expect(text).toMatch(/^rec +70\.2 +0\.02130$/m);
    // The supervised table is what it was.
    expect(lines.slice(0, 10)).toEqual(resultLines(result).slice(0, 10));
    expect(resultLines(result).join('\n')).not.toMatch(/threshold|label-free/);
  });

  it('says how many held-out images a threshold takes where there are too few, and leaves out an AUC that is none', () => {
    const text = resultLines({
      ...heldOut,
      calibration: { images: 5, falsePositiveRate: 0.05, thresholds: null },
      labelFree: {
        images: { unlabeled: 0, heldOut: 5 },
        scores: { rec: { auc: null, heldOutMean: 0.0213 } },
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
      kPerRole: { ndm: 2, udm: 3 },
      failedMembers: [{ role: 'ndm', index: 1, reason: 'diverged with seed 4 and with seed 5: loss is NaN' }],
      members: [
        { ...member, role: 'udm', index: 0, seed: 7, divergedSeed: 6 },
        { ...member, role: 'udm', index: 1, seed: 8, replaced: 'members/k/x: expected 9 bytes, found none' },
      ],
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        'scores are those of 2 NDM and 3 UDM members, not of K = 3 each:',
        '  ndm 1 failed: diverged with seed 4 and with seed 5: loss is NaN',
        'udm 0 diverged with seed 6 and was trained with seed 7 instead',
        'udm 1 was finished before, but damaged (members/k/x: expected 9 bytes, found none): trained again',
      ]),
    );
    expect(lines.join('\n')).toContain('rec over all 2 NDM members');
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
