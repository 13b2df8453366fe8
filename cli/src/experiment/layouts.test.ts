import { type ExperimentTable, MethodRegistry, type TabledRun } from '@ddad/methods';
import { describe, expect, it } from 'vitest';
import { entry as inventedEntry } from '../invented-method.testing.ts';
import { layoutFaults, offeredTables } from './layouts.ts';
import { layoutFiles, outcome, separation } from './outcome.testing.ts';

describe('tables of papers', () => {
  const spread = (mean: number) => ({ mean, std: 0.01 });
  /** A table of the invented method's invented paper. */
  const invented: ExperimentTable = {
    title: 'all there is',
    lack: (axes) => (axes.includes('seed') ? null : 'expected an axis seed'),
    make: (runs) =>
      runs.length > 1
        ? {
            caption: 'In percent.',
            headings: ['what', 'a', 'b', 'c', 'd'],
            rows: [['x', separation(0.5), { share: 0.125 }, { auc: spread(0.5), ap: spread(0.25) }, null]],
          }
        : { missing: 'There is one run alone.' },
  };
  const { entries } = new MethodRegistry([{ ...inventedEntry, tables: { '12': invented, '3': invented } }]);
  const methods = new MethodRegistry(entries);
  const none = async () => [];
  const experiment = (axes: Record<string, unknown[]>) => {
    const parsed = methods.parseExperiment({ base: { dataset: 'a', method: 'distillation' }, axes });
    if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
    return parsed;
  };

  it('are offered in the order of their numbers', () => {
    // 2 is that of all methods.
    expect(offeredTables(methods).map(([number]) => number)).toEqual(['2', '3', '12']);
  });

  it('are written in Markdown, shares in percent', async () => {
    const made = outcome({ axes: { rule: 0 }, result: {} }, { axes: { rule: 1 }, result: {} });
    expect(await layoutFiles(methods, made, { tables: ['3'], figures: [] }, none)).toEqual([
      [
        'table-3.md',
        [
          '# Table 3',
          '',
          'In percent.',
          '',
          '| what | a | b | c | d |',
          '| --- | ---: | ---: | ---: | ---: |',
          '| x | 50.0/37.5 | 12.5 | 50.0/25.0 ± 1.0/1.0 | – |',
          '',
        ].join('\n'),
      ],
    ]);
  });

  it('have all seeds of a run together, and say over how many', async () => {
    const seeded = outcome(
      ...['x', 'y'].flatMap((rule) => [0, 1, 2].map((seed) => ({ axes: { rule, seed }, result: {} }))),
    );
    let given: readonly TabledRun[] = [];
    const spreads: ExperimentTable = {
      title: 'spreads',
      make: (runs) => {
        given = runs;
        const half = { mean: 0.5, std: 0.25 };
        return {
          caption: null,
          headings: ['what', 'a', 'b'],
          rows: [['x', { share: half }, { auc: half, ap: { mean: 0.25, std: null } }]],
        };
      },
    };
    const { method, makers } = inventedEntry;
    const offering = new MethodRegistry([{ method, makers, tables: { '3': spreads } }]);
    const [file] = await layoutFiles(offering, seeded, { tables: ['3'], figures: [] }, none);
    expect(given.map(({ axes, results }) => [axes, results.length])).toEqual([
      [{ rule: 'x' }, 3],
      [{ rule: 'y' }, 3],
    ]);
    expect(file?.[1]).toContain('Means ± standard deviations (n − 1) over 3 seeds.\n');
    expect(file?.[1]).toContain('| x | 50.0 ± 25.0 | 50.0/25.0 |');
  });

  it('take the runs of all methods where they compare methods, beside what was published of whose images they are', async () => {
    const made = outcome(
      { axes: { run: 'x' }, result: {} },
      { axes: { run: 'y' }, result: { method: 'another' } },
    );
    const wanted = { tables: ['2'], figures: [], published: 'brain' };
    const [file] = await layoutFiles(methods, made, wanted, none);
    expect(file?.[0]).toBe('table-2.md');
    expect(file?.[1]).toContain('Published: Brain MRI.');
    expect(file?.[1].match(/^\| – \|/gm)).toHaveLength(2);
    expect(layoutFaults(methods, experiment({}), wanted)).toEqual([]);
  });

  it('say what is missing, and take runs of their own method alone', async () => {
    const made = outcome({ axes: {}, result: {} }, { axes: {}, result: { method: 'another' } });
    expect(await layoutFiles(methods, made, { tables: ['3'], figures: [] }, none)).toEqual([
      ['table-3.md', '# Table 3\n\nThere is one run alone.\n'],
    ]);
    const others = outcome({ axes: {}, result: { method: 'another' } });
    const [file] = await layoutFiles(methods, others, { tables: ['3'], figures: [] }, none);
    expect(file?.[1]).toContain('No run of the method whose table it is has finished.');
  });

  it('tell before anything is started what the experiment lacks for them', () => {
    const layouts = { tables: ['3', '12'], figures: ['6', '8'] } as const;
    const faults = layoutFaults(methods, experiment({ calibration: [0, 0.5] }), layouts);
    expect(faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      '--table 3: expected an axis seed',
      '--table 12: expected an axis seed',
      '--figure 6: expected an axis anomalousRate, as [0, 0.2, 0.4, 0.6, 0.8, 1], got calibration',
    ]);
    expect(layoutFaults(methods, experiment({ seed: [0, 1] }), { tables: ['3'], figures: [] })).toEqual([]);
  });

  it('are refused where no run has the method that offers them', () => {
    const other = { ...inventedEntry.method, name: 'other', kinds: [] };
    const both = new MethodRegistry([
      ...methods.entries,
      { method: other, makers: inventedEntry.makers, tables: { '7': invented } },
    ]);
    const faults = layoutFaults(both, experiment({ seed: [0, 1] }), { tables: ['7'], figures: [] });
    expect(faults).toEqual([
      {
        path: '--table 7',
        message: 'expected runs of other, whose paper has it, got runs of distillation',
      },
    ]);
  });
});
