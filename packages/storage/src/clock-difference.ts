/** By how much a clock may differ from an S3 store's before it is refused (RequestTimeTooSkewed), in ms. */
export const mostDifferenceMs = 15 * 60_000;

/** How far a clock is from another one, in words: `20 min ahead of`, to be followed by whose the other one is. */
export function differenceOf(ours: number, theirs: number): string {
  return `${duration(Math.abs(ours - theirs))} ${ours > theirs ? 'ahead of' : 'behind'}`;
}

/** `5 min 3 s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest === 0 ? '' : ` ${rest} s`}`;
}

/** A time to the second: `2026-01-01T12:00:00Z`. */
export function toSecond(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
