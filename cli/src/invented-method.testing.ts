import {
  commonFields,
  type GraphNode,
  graphNode,
  type KindDefinition,
  type Method,
  type NodeProgress,
  type RunProgress,
  type RunResult,
  type RunSettings,
  type ScoreDefinition,
} from '@ddad/contract';
import { type MethodEntry, MethodRegistry } from '@ddad/methods';
import { z } from 'zod';

/** Scores of an invented method: `near` of one student, `far` of all, and `fused`, the main one. */
export const definitions: ScoreDefinition[] = [
  { name: 'near', symbol: { letter: 'N', index: '' }, meaning: 'of the first student', map: false, rank: 0 },
  { name: 'far', symbol: { letter: 'F', index: '' }, meaning: 'of all students', map: true, rank: 1 },
  { name: 'fused', symbol: { letter: 'F', index: '2' }, meaning: 'of both', map: true, rank: 2 },
];

const kind: KindDefinition<{ seed: number }> = {
  kind: 'trained-students',
  pool: 'train',
  schema: z.strictObject({ seed: z.int() }),
  needs: () => ({}),
  reads: { pixels: true },
  trains: true,
  listing: { fields: ['role', 'seed'], describe: ({ seed }) => `student of seed ${seed}` },
};

const studentSchema = z.strictObject({
  layers: z.int().min(1).default(2),
  width: z.int().min(1).default(8),
});
const schema = z.strictObject({
  ...commonFields,
  k: z.int().min(2, 'expected at least 2 students').default(3),
  epochs: z.int().min(1).default(40),
  student: z.union([z.literal(false), studentSchema]).prefault({}),
});

/** Students of a teacher that nobody trains: a method that exists in tests alone. */
export const distillation: Method<RunSettings & { k: number }> = {
  name: 'distillation',
  title: 'Invented for tests',
  schema: schema as unknown as Method<RunSettings & { k: number }>['schema'],
  kinds: [kind as unknown as KindDefinition],
  usesUnlabeled: false,
  scores: () => definitions,
  facts: ({ k }) => ({ k }),
  describe: ({ k }) => `${String(k)} students`,
  plan: ({ settings: { k } }) => ({
    stages: [{ name: 'train', title: 'training' }],
    nodes: Array.from(
      { length: k },
      (_, index): GraphNode =>
        graphNode(
          kind,
          { seed: index },
          {
            id: `student ${index}`,
            images: 'normal',
            stage: 'train',
            total: 40,
            unit: 'epoch',
            imagesPerUnit: 1,
          },
        ),
    ),
    groups: {},
    artifacts: [],
  }),
};

/** As a module of the setting METHODS exports it. */
export const entry: MethodEntry = {
  method: distillation as unknown as Method,
  makers: async () => ({}),
};

/** The invented method alone. */
export const inventedMethods = new MethodRegistry([entry]);

/** A finished run of three students. */
export function inventedResult(changes: Partial<RunResult> = {}): RunResult {
  return {
    runId: 'r',
    dataset: 'brain',
    synthetic: false,
    method: 'distillation',
    definitions,
    k: 3,
    seed: 0,
    scores: {
      near: { auc: 0.825, ap: 0.748, aucMean: 0.8167, aucStd: 0.0086 },
      far: { auc: 0.604, ap: 0.558 },
      fused: { auc: 0.8794, ap: 1 },
    },
    members: [],
    artifacts: {},
    seconds: { plan: 1, train: 60, score: 32, report: 1, total: 94 },
    files: { report: 'reports/r/report.json', page: 'reports/r/report.html', scores: null },
    ...changes,
  };
}

/** A student that waits for a trainer. */
export function student(index: number, changes: Partial<NodeProgress> = {}): NodeProgress {
  return {
    id: `student ${index}`,
    key: `key-${index}`,
    kind: 'trained-students',
    stage: 'training',
    unit: 'epoch',
    madeBy: 'trainer',
    reused: false,
    member: { role: 'student', index, seed: index },
    done: 0,
    total: 4,
    loss: null,
    imagesPerSecond: 0,
    worker: null,
    state: 'waiting',
    ...changes,
  };
}

/** A run that trains its students. */
export function inventedProgress(
  nodes: NodeProgress[],
  changes: Partial<Omit<RunProgress, 'nodes'>> = {},
): RunProgress {
  return {
    stage: 'training',
    stages: ['planning', 'training', 'scoring', 'report', 'finished'],
    input: null,
    nodes,
    updatedAt: null,
    ...changes,
  };
}
