import { describe, expect, it } from 'vitest';
import { tableLimitBytes } from './details-table.ts';
import { progressTable, type TableMember } from './progress-table.ts';

function member(more: Partial<TableMember> = {}): TableMember {
  return {
    role: 'ndm',
    index: 0,
    done: 10,
    total: 250,
    loss: 0.0213456,
    imagesPerSecond: 480,
    imagesPerEpoch: 960,
    worker: 'trainer-1',
    state: 'running',
    ...more,
  };
}

describe('progressTable', () => {
  it('shows member, progress, loss, trainer and time left', () => {
    // 240 epochs of 960 images at 480 a second: 480 s.
    expect(progressTable('training', [member()]).split('\n')).toEqual([
      '**training** — 0 of 1 members finished, 1 in training',
      '',
      '| member | progress | loss | trainer | time left |',
      '|---|---|---|---|---|',
      '| ndm 0 | 10 / 250 epochs | 0.02135 | trainer-1 | 8 min |',
    ]);
  });

  it('tells waiting and finished members apart from training ones', () => {
    const table = progressTable('training', [
      member({ state: 'waiting', done: 0, loss: null, worker: null, imagesPerSecond: 0 }),
      member({ state: 'finished', done: 250 }),
    ]);
    expect(table).toContain('| ndm 0 | waiting, 0 / 250 | – | – | – |');
    expect(table).toContain('| ndm 0 | finished, 250 / 250 | 0.02135 | trainer-1 | – |');
  });

  it('shows every member of K = 50 with usual names of trainers', () => {
    const members = Array.from({ length: 100 }, (_, index) =>
      member({ index, done: 123, worker: `ddad-trainer-6f9c4d7b58-x${index}` }),
    );
    const table = progressTable('training', members);
    expect(Buffer.byteLength(table)).toBeLessThanOrEqual(tableLimitBytes);
    expect(table.split('\n').filter((line) => line.startsWith('| ndm'))).toHaveLength(100);
  });

  it('stays within what the server takes and counts the members left out', () => {
    const members = Array.from({ length: 128 }, (_, index) => member({ index, worker: 'Größe'.repeat(40) }));
    const table = progressTable('training', members);
    expect(Buffer.byteLength(table)).toBeLessThanOrEqual(tableLimitBytes);
    const rows = table.split('\n').filter((line) => line.startsWith('| ndm'));
    expect(rows.length).toBeGreaterThan(50);
    expect(table).toContain(`… and ${128 - rows.length} more members`);
  });
});
