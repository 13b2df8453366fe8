import { type Figure, median } from './figures.ts';

/** Times of a step of ours, or of a form of the peer's; the first one makes the network and compiles it. */
export interface Timing {
  form: string;
  ms: number;
  cpuMs: number;
  firstSeconds: number;
  firstCpuSeconds: number;
}

/**
 * Times ours and the peer's forms by turns, so that another load on the machine meets both.
 * @param ours gives a line of form `ours`; @param peer one of each of its forms
 * @returns a figure a form, medians; that of `ours` with its share of the best of the peer's, of wall and of CPU time: on a machine
 * with other work only the second says something
 */
export async function byTurns(
  repetitions: number,
  ours: () => Promise<Figure[]>,
  peer: () => Promise<Figure[]>,
): Promise<(Timing & { wallRatio?: number; cpuRatio?: number })[]> {
  const found = new Map<string, Figure[]>();
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const figure of [...(await ours()), ...(await peer())]) {
      const form = String(figure.form);
      found.set(form, [...(found.get(form) ?? []), figure]);
    }
  }
  const middle = (form: string, name: string) =>
    median((found.get(form) ?? []).map((figure) => Number(figure[name])));
  const peers = [...found.keys()].filter((form) => form !== 'ours');
  const best = (name: string) => Math.min(...peers.map((form) => middle(form, name)));
  return [...found.keys()].map((form) => ({
    form,
    ms: middle(form, 'ms'),
    cpuMs: middle(form, 'cpuMs'),
    firstSeconds: middle(form, 'firstSeconds'),
    firstCpuSeconds: middle(form, 'firstCpuSeconds'),
    ...(form === 'ours' && peers.length > 0
      ? { wallRatio: middle(form, 'ms') / best('ms'), cpuRatio: middle(form, 'cpuMs') / best('cpuMs') }
      : {}),
  }));
}
