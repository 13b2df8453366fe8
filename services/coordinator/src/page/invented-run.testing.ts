import { performance } from 'node:perf_hooks';
import {
  type JobProgress,
  type NodeProgress,
  type RunProgress,
  type RunResult,
  type RunSettings,
  type WorkerState,
  waitingProgress,
} from '@ddad/contract';
import { methods } from '@ddad/methods';
import { createLogger } from '@ddad/platform';
import type { RunEntry } from '@ddad/runs';
import { LiveFigures } from './live-figures.ts';
import { type PageServer, startPageServer } from './page-server.ts';
import type { RunSource } from './run-source.ts';

/** A run whose state the test sets, served by a real page server. */
export interface InventedRun {
  server: PageServer;
  source: RunSource;
  live: LiveFigures;
  /** Who is there. */
  workers: WorkerState[];
  /** How often each question was asked. */
  asked: Record<'list' | 'find' | 'state' | 'progress' | 'history', number>;
  entry: RunEntry;
  progress: RunProgress;
  /** Tells live figures of the member at a place. */
  tell(place: number, epoch: number, more?: Partial<JobProgress>): void;
  /** Has the run end with all members finished. */
  finish(): void;
  close(): Promise<void>;
}

export const total = 40;
export const report = '<!doctype html><title>report</title>';

const role = (place: number, k: number) => (place < k ? ('ndm' as const) : ('udm' as const));

export async function inventRun({
  k = 3,
  id = 'ddad-brain-1',
  listen = '127.0.0.1:0',
} = {}): Promise<InventedRun> {
  const asked: InventedRun['asked'] = { list: 0, find: 0, state: 0, progress: 0, history: 0 };
  const entry: RunEntry = {
    kind: 'run',
    id,
    executionId: '01234567-89ab-7cde-8f01-23456789abcd',
    status: 'running',
    dataset: 'brain',
    method: 'ddad',
    k,
    started: new Date(Date.now() - 90_000),
    closed: null,
  };
  const node = (id: string, key: string, more: Partial<NodeProgress>): NodeProgress => ({
    id,
    kind: 'members',
    key,
    stage: 'training',
    unit: 'epoch',
    madeBy: 'trainer',
    reused: false,
    ...waitingProgress(total),
    ...more,
  });
  const members = Array.from({ length: 2 * k }, (_, place) => {
    const member = { role: role(place, k), index: place % k, seed: place };
    return node(`member ${member.role} ${member.index}`, `key-${place}`, { member });
  });
  const scorer = { madeBy: 'scorer' };
  const refining = { ...scorer, kind: 'refiners', stage: 'refining' };
  const nodes: NodeProgress[] = [
    ...members,
    node('maps', 'maps-key', { ...scorer, kind: 'maps', stage: 'maps', unit: 'image' }),
    node('refiner intra', 'intra-key', refining),
    node('refiner dual', 'dual-key', refining),
  ];
  const progress: RunProgress = {
    stage: 'training',
    stages: ['planning', 'training', 'maps', 'refining', 'report', 'finished'],
    input: null,
    nodes,
    updatedAt: null,
  };
  let result: RunResult | null = null;
  const lossOf = (place: number, epoch: number) => (1 + place / 10) / (epoch + 1);
  const historyOf = (key: string) => {
    const place = key.startsWith('key-') ? Number(key.slice(4)) : 20;
    return Array.from({ length: total }, (_, i) => lossOf(place, i + 1));
  };
  const source: RunSource = {
    async list() {
      asked.list += 1;
      return [entry];
    },
    async find(reference) {
      asked.find += 1;
      return reference === id ? { ...entry } : null;
    },
    async state() {
      asked.state += 1;
      return { status: entry.status, closed: entry.closed };
    },
    async progress() {
      asked.progress += 1;
      return progress;
    },
    async result() {
      if (result === null) throw new Error('the run goes on');
      return result;
    },
    stored: async (runId) => (runId === entry.executionId ? result : null),
    async history(_kind, key) {
      asked.history += 1;
      return historyOf(key);
    },
    report: async (executionId) => (executionId === entry.executionId ? Buffer.from(report) : null),
  };
  const now = () => performance.now();
  const live = new LiveFigures(now);
  const workers: WorkerState[] = [];
  const server = await startPageServer({
    listen,
    source,
    live,
    workers: () => workers,
    now,
    logger: createLogger('coordinator', 'silent'),
    intervals: { ask: 50, tell: 20 },
  });
  return {
    server,
    source,
    live,
    workers,
    asked,
    entry,
    progress,
    tell(place, epoch, more = {}) {
      live.heard(`key-${place}`, {
        done: epoch,
        total,
        loss: lossOf(place, epoch),
        imagesPerSecond: 480,
        worker: 'trainer-1',
        state: 'running',
        ...more,
      });
    },
    finish() {
      for (const one of nodes) {
        Object.assign(one, { done: total, loss: 0.03, worker: 'trainer-1', state: 'finished' });
      }
      progress.stage = 'finished';
      result = {
        runId: entry.executionId,
        dataset: 'brain',
        method: 'ddad',
        definitions: methods.method('ddad').scores({} as RunSettings),
        synthetic: false,
        backbone: 'ae',
        k,
        seed: 0,
        scores: {
          rec: { auc: 0.8, ap: 0.7, aucMean: 0.8, aucStd: 0.01 },
          rDual: { auc: 0.93, ap: 0.91 },
        },
        members: members.map(({ member, key }) => ({
          ...member!,
          key,
          trainer: 'trainer-1',
          seconds: 61,
          loss: 0.03,
          reused: false,
        })),
        artifacts: { maps: 'maps-key', rIntra: 'intra-key', rDual: 'dual-key' },
        seconds: { plan: 1, train: 60, maps: 5, refine: 20, report: 4, total: 90 },
        files: { report: 'reports/1/report.json', page: 'reports/1/report.html', scores: null },
      };
      entry.status = 'completed';
      entry.closed = new Date();
    },
    close: () => server.close(),
  };
}
