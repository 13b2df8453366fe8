import type { SerializedSpan, TraceParent } from '@ddad/tracing';

/** What a job's process is told. `task` is the job kind's own. */
export type ToChild<Task> =
  | {
      type: 'start';
      task: Task;
      checkpointMs: number;
      /** Where its own spans belong, and what the process is called among them; absent: it is not traced. */
      trace?: { parent: TraceParent; name: string };
    }
  /** Write a checkpoint at the next step and exit. */
  | { type: 'stop' };

/** Figures for people, once an epoch or more often. */
export interface ChildProgress {
  done: number;
  total: number;
  loss: number | null;
  imagesPerSecond: number;
}

/** What a job's process made. */
export interface ChildResult {
  /** Paths by name, as the manifest's files. */
  files: Record<string, string>;
  loss: number | null;
  /** Wall time of the work, that of earlier attempts it went on from counted in. */
  seconds: number;
  environment: Record<string, string | number>;
  /** Loss per epoch. */
  history?: number[];
}

export type FromChild =
  /** Loaded: steps advance from here on. Again where the next one has something to compile. */
  | { type: 'ready' }
  /** A step was done: the sign of life. */
  | { type: 'step' }
  | ({ type: 'progress' } & ChildProgress)
  /** A checkpoint lies at `path`; `done` counts steps. The parent removes the file. */
  | { type: 'checkpoint'; done: number; path: string }
  /** Its spans, before the end that they tell of. */
  | { type: 'spans'; spans: SerializedSpan[] }
  | ({ type: 'finished' } & ChildResult)
  /** It ends because it was told to. */
  | { type: 'stopped' }
  | { type: 'failed'; kind: 'invalid' | 'diverged' | 'checkpoint' | 'failed'; message: string };
