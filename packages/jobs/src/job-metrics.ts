import { Counter, Gauge, Histogram, type Registry } from '@ddad/platform';
import type { ArtifactKind, Publication } from '@ddad/storage';

/** How a job ended: `reused` where its artifact was there already, `stopped` where it can go on elsewhere. */
export type JobOutcome = 'finished' | 'reused' | 'stopped' | 'failed';

/** What a job host tells of its jobs. */
export interface JobMetrics {
  started(kind: ArtifactKind): void;
  /** @param imagesPerSecond of the jobs that run now, all together */
  speed(imagesPerSecond: number): void;
  ended(kind: ArtifactKind, outcome: JobOutcome, seconds: number): void;
  published(kind: ArtifactKind, publication: Pick<Publication, 'won' | 'sameBytes'>): void;
}

/** For hosts that nobody asks for metrics. */
export const noJobMetrics: JobMetrics = { started() {}, speed() {}, ended() {}, published() {} };

/** Seconds: from a handful of epochs on a GPU to a long ensemble on a CPU. */
const buckets = [1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600];

/** Metrics of the jobs of a trainer or scorer. */
export function jobMetrics(registry: Registry): JobMetrics {
  const registers = [registry];
  const running = new Gauge({
    name: 'ddad_jobs_running',
    help: 'Jobs under way, by the kind of their artifact',
    labelNames: ['kind'],
    registers,
  });
  const imagesPerSecond = new Gauge({
    name: 'ddad_images_per_second',
    help: 'Images that the jobs under way work through in a second',
    registers,
  });
  const seconds = new Histogram({
    name: 'ddad_job_seconds',
    help: 'How long jobs took, by the kind of their artifact and how they ended',
    labelNames: ['kind', 'outcome'],
    buckets,
    registers,
  });
  const lost = new Counter({
    name: 'ddad_publications_lost_total',
    help: 'Artifacts that somebody else had published before; bytes says whether theirs were the same as ours',
    labelNames: ['kind', 'bytes'],
    registers,
  });
  return {
    started: (kind) => running.inc({ kind }),
    speed: (value) => imagesPerSecond.set(value),
    ended(kind, outcome, took) {
      running.dec({ kind });
      seconds.observe({ kind, outcome }, took);
    },
    published(kind, { won, sameBytes }) {
      if (!won) lost.inc({ kind, bytes: sameBytes ? 'same' : 'other' });
    },
  };
}
