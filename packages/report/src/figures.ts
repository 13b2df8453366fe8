/** Seconds as people read them: `42 s`, `12 min 5 s`, `3 h 7 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** A share in 0..1 as percent with one decimal, without the sign: 0.8123 is `81.2`. */
export function percent(share: number): string {
  // A difference of less than half a tenth has no sign.
  return (share * 100).toFixed(1).replace(/^-(?=0\.0$)/, '');
}

const list = new Intl.ListFormat('en-GB');

/** `a, b and c` */
export function inWords(names: Iterable<string>): string {
  return list.format(names);
}

/** Two shares in 0..1 as percent: `77.5–84.9`. */
export function percentInterval({ low, high }: { low: number; high: number }): string {
  return `${percent(low)}–${percent(high)}`;
}

/** A figure in a few significant digits, exponents only where zeros would be many. */
export function figure(value: number, digits = 3): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5)
    ? value.toExponential(digits - 1)
    : value.toPrecision(digits);
}

/** `1 member`, `2 members`. */
export function plural(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
}
