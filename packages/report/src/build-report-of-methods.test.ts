import { describe, expect, test } from 'vitest';
import { page, sections } from './parsed-page.testing.ts';
import { syntheticRun } from './synthetic-run.testing.ts';

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
