import { type RunLeft, runLeftForms, type TimeLeft, timeLeftForms } from '@ddad/runs';
import { duration } from './figures.ts';

/**
 * How long something still takes, in as many words as there is room for: `about 4:10 left`, `4:10 left`, `4:10`. It is never cut:
 * where not even the figures have room, there is nothing.
 * @param left null where nothing is known of it
 * @param width in columns
 */
export function timeLeftText(left: TimeLeft | null, width = Number.POSITIVE_INFINITY): string {
  return fitting(timeLeftForms(left, duration), width);
}

/** The same of a whole run; nothing while it is planned, and once it is over. */
export function runLeftText(run: RunLeft, width = Number.POSITIVE_INFINITY): string {
  return fitting(runLeftForms(run, duration), width);
}

function fitting(forms: readonly string[], width: number): string {
  return forms.find((form) => form.length <= width) ?? '';
}
