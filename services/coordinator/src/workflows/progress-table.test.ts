import { describe, expect, it } from 'vitest';
import { tableLimitBytes } from './details-table.ts';
import { progressTable, type TableNode } from './progress-table.ts';

function node(more: Partial<TableNode> = {}): TableNode {
  return {
    id: 'member ndm 0',
    unit: 'epoch',
    done: 10,
    total: 250,
    loss: 0.0213456,
    imagesPerSecond: 480,
    imagesPerUnit: 960,
    worker: 'trainer-1',
    state: 'running',
    ...more,
  };
}

describe('progressTable', () => {
  const asShown = (table: string) => table.replaceAll('\u2003', '').replaceAll('\u00a0', ' ');

  it('shows name, progress, loss, worker and time left', () => {
    // 240 epochs of 960 images at 480 a second: 480 s.
    expect(progressTable('training', ['training', 'maps'], [node()]).split('\n')).toEqual([
      '**training** — 0 of 1 finished, 1 running',
      '',
      'stages: **training** → maps',
      '',
      '| what\u2003 | progress\u2003 | loss\u2003 | time\u00a0left\u2003 | worker |',
      '|:---|---:|---:|---:|:---|',
      '| member\u00a0ndm\u00a00\u2003 | 10\u00a0/\u00a0250\u00a0epochs\u2003 | 0.02135\u2003 | 8\u00a0min\u2003 | trainer-1 |',
    ]);
  });

  it('tells waiting and finished nodes apart from running ones', () => {
    const table = progressTable(
      'training',
      ['training', 'maps'],
      [
        node({ state: 'waiting', done: 0, loss: null, worker: null, imagesPerSecond: 0 }),
        node({ state: 'finished', done: 250 }),
      ],
    );
    expect(asShown(table)).toContain('| member ndm 0 | waiting | – | – | – |');
    expect(asShown(table)).toContain('| member ndm 0 | finished | 0.02135 | – | trainer-1 |');
  });

  it("leads to the run's own page where it has one", () => {
    const page = 'https://ddad.example.org/runs/brain-1';
    expect(progressTable('training', ['training'], [node()], { page })).toContain(
      `\n[live curves and report](${page})\n`,
    );
    expect(progressTable('training', ['training'], [node()])).not.toContain('](');
  });

  it('says how the method differs from its source, with nothing of it taken for Markdown', () => {
    const deviations = ['no pretrained weights', 'K_x instead of *K*'];
    expect(progressTable('training', ['training'], [node()], { deviations })).toContain(
      '\n\ndiffers from its source: no pretrained weights; K\\_x instead of \\*K\\*\n\n',
    );
    expect(progressTable('training', ['training'], [node()])).not.toContain('differs');
  });

  it('shows every member of K = 50 with usual names of trainers', () => {
    const members = Array.from({ length: 100 }, (_, index) =>
      node({ id: `member ndm ${index}`, done: 123, worker: `ddad-trainer-6f9c4d7b58-x${index}` }),
    );
    const table = progressTable('training', ['training', 'maps'], members);
    expect(Buffer.byteLength(table)).toBeLessThanOrEqual(tableLimitBytes);
    expect(table.split('\n').filter((line) => line.startsWith('| member'))).toHaveLength(100);
  });

  it('stays within what the server takes and counts the lines left out', () => {
    const members = Array.from({ length: 128 }, (_, index) =>
      node({ id: `member ndm ${index}`, worker: 'Größe'.repeat(40) }),
    );
    const table = progressTable('training', ['training', 'maps'], members);
    expect(Buffer.byteLength(table)).toBeLessThanOrEqual(tableLimitBytes);
    const rows = table.split('\n').filter((line) => line.startsWith('| member'));
    expect(rows.length).toBeGreaterThan(50);
    expect(table).toContain(`… and ${128 - rows.length} more lines`);
  });
});
