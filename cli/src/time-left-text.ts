import type { TimeLeft } from '@ddad/runs';
import { duration } from './figures.ts';

/**
 * How long something still takes, in as many words as there is room for: `about 4:10 left`, `4:10 left`, `4:10`. It is never cut:
 * where not even the figures have room, there is nothing.
 * @param left null where nothing is known of it
 * @param width in columns
 */
export function timeLeftText(left: TimeLeft | null, width = Number.POSITIVE_INFINITY): string {
  const forms = left === null ? ['time left not known yet', '? left', '?'] : formsOf(left);
  return forms.find((form) => form.length <= width) ?? '';
}

function formsOf({ seconds, atLeast }: TimeLeft): string[] {
  const figure = duration(seconds);
  // What a longer one would be without its bound would be wrong.
  if (atLeast) return [`more than ${figure} left`, `>${figure} left`, `>${figure}`];
  return [`about ${figure} left`, `${figure} left`, figure];
}
