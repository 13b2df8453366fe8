import type { RunScores, ScoreDefinition } from '@ddad/contract';
import type { LossPoint } from './loss-curve.ts';
import type { RunEntry } from './run-entries.ts';
import type { JobView, RunView } from './run-tracker.ts';

/** A run at a moment as the progress page shows it, without the losses. JSON. */
export interface RunSnapshot {
  /** `started` is null where Temporal has forgotten the run; times are ISO 8601. */
  run: Omit<RunEntry, 'started' | 'closed'> & { started: string | null; closed: string | null };
  view: Omit<RunView, 'jobs'> & { jobs: Omit<JobView, 'losses'>[] };
  /** Null until the run is finished, and where its test images have no labels. */
  scores: RunScores | null;
  /** Of the scores that the run may give, in the order in which they are shown; empty until it is finished. */
  definitions: ScoreDefinition[];
  /** Whether there is a report to show. */
  report: boolean;
  /** Why the figures may be old; null where they are not. */
  note: string | null;
  /** Workers that get no jobs, why and for how long, for people; none of a run that is over. */
  sick: string[];
}

/** What has changed of a curve: its first `keep` points stay, `points` follow them. */
export interface CurveChange {
  keep: number;
  points: readonly LossPoint[];
}

/** What a viewer of the progress page is told: everything but the losses, and of those the changes by job's key. */
export interface RunNews extends RunSnapshot {
  curves: Record<string, CurveChange>;
}

/** Remembers the losses that one viewer has been told of. */
export class ToldCurves {
  readonly #told = new Map<string, readonly LossPoint[]>();

  /** What the viewer has to be told to know `curves`; from now on it counts as told. */
  changes(curves: Iterable<readonly [key: string, points: readonly LossPoint[]]>): RunNews['curves'] {
    const found: RunNews['curves'] = {};
    for (const [key, points] of curves) {
      const told = this.#told.get(key) ?? [];
      let keep = 0;
      while (keep < told.length && keep < points.length && told[keep] === points[keep]) keep += 1;
      if (keep === told.length && keep === points.length) continue;
      found[key] = { keep, points: points.slice(keep) };
      this.#told.set(key, [...points]);
    }
    return found;
  }
}

/** The other end of `ToldCurves`. */
export function applyCurveChanges(curves: Map<string, LossPoint[]>, changes: RunNews['curves']): void {
  for (const [key, { keep, points }] of Object.entries(changes)) {
    curves.set(key, [...(curves.get(key) ?? []).slice(0, keep), ...points]);
  }
}
