export { inWords, percent } from '@ddad/report/figures';

/** Seconds as people read them: `0:42`, `12:05`, `3:07:09`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A loss in four significant digits (`0.03124`, `1.250e-5`), at most nine characters. */
export function lossFigure(loss: number): string {
  const size = Math.abs(loss);
  return size !== 0 && (size < 1e-3 || size >= 1e4) ? loss.toExponential(3) : loss.toPrecision(4);
}

/** A moment as local date and time to the second. */
export function moment(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return (
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  );
}

/** `1 member`, `2 members`. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Bytes in the unit in which they are read best, three digits at most: `0 B`, `999 B`, `1.02 kB`, `38.1 MB`, `1.1 GB`. */
export function bytesFigure(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = bytes;
  // What rounds to a thousand is one of the next unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`;
}
