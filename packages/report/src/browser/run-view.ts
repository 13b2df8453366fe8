import type { LossPoint } from '@ddad/runs';
import { applyCurveChanges, type RunNews } from '@ddad/runs/snapshot';
import { plot } from '@observablehq/plot';
import { type LossCurve, lossLabel, lossPlot, sparkPlot } from '../charts/loss-plots.ts';
import { rangeOf } from '../charts/range.ts';
import { duration } from '../figures.ts';
import { jobCells, runFigures, shareDone, stageNames, stageState } from '../progress/job-cells.ts';
import { all, byId } from './elements.ts';

type Job = RunNews['view']['members'][number];

/** The page's figures, table and charts; renews what has changed. */
export class RunView {
  readonly #losses = new Map<string, LossPoint[]>();
  readonly #drawn = new Map<string, string>();
  #elapsed = { seconds: 0, at: 0, counting: false };

  constructor() {
    setInterval(() => this.#tick(), 1_000);
  }

  /** Forgets all losses: what comes next brings all of them. */
  forget(): void {
    this.#losses.clear();
  }

  show(news: RunNews): void {
    applyCurveChanges(this.#losses, news.curves);
    const { view, run } = news;
    const figures = runFigures(news);
    for (const name of ['status', 'members', 'speed', 'left'] as const) {
      setText(document.querySelector(`[data-figure="${name}"]`), figures[name]);
    }
    setText(document.querySelector('[data-detail="members"]'), figures.detail);
    this.#elapsed = { seconds: view.elapsed, at: performance.now(), counting: run.status === 'running' };
    setText(
      document.querySelector('[data-detail="elapsed"]'),
      run.status === 'running' ? 'so far' : 'in all',
    );
    this.#tick();
    showStages(news);
    const note = byId('note', HTMLElement);
    note.hidden = news.note === null;
    setText(note, news.note ?? '');
    byId('main', HTMLElement).querySelector<HTMLElement>('[data-report]')!.hidden = !news.report;
    // What only the server lays out comes with the page made anew, once the run is finished.
    if (news.scores !== null && byId('scores', HTMLElement).childElementCount === 0) {
      location.reload();
      return;
    }
    this.#showJobs([...view.members, ...view.others]);
    this.#showCharts(view);
  }

  #tick(): void {
    const { seconds, at, counting } = this.#elapsed;
    const now = counting ? seconds + (performance.now() - at) / 1000 : seconds;
    setText(document.querySelector('[data-figure="elapsed"]'), duration(now));
  }

  #showJobs(jobs: readonly Job[]): void {
    const body = byId('jobs', HTMLTableSectionElement);
    const rows = new Map(all('tr', HTMLTableRowElement, body).map((row) => [row.dataset.key ?? '', row]));
    for (const [place, job] of jobs.entries()) {
      const row = rows.get(job.key) ?? newRow(job);
      rows.delete(job.key);
      if (body.rows[place] !== row) body.insertBefore(row, body.rows[place] ?? null);
      if (row.className !== job.state) row.className = job.state;
      const bar = row.querySelector('progress')!;
      bar.value = shareDone(job);
      for (const [name, text] of Object.entries(jobCells(job))) {
        setText(row.querySelector(`[data-cell="${name}"]`), text);
      }
    }
    for (const row of rows.values()) row.remove();
  }

  #showCharts({ members, others }: RunNews['view']): void {
    const refiners = others.filter(({ unit }) => unit === 'epoch');
    this.#chart('member-losses', 'Mean loss per epoch of every member', members);
    byId('refiner-card', HTMLElement).hidden = !this.#chart(
      'refiner-losses',
      "Mean loss per epoch of the refiners' training",
      refiners,
    );
    for (const jobs of [members, refiners]) {
      const curves = this.#curves(jobs);
      const losses = curves.flatMap(({ points }) => points.map(({ loss }) => loss));
      const range = rangeOf(losses);
      for (const curve of curves) this.#spark(curve, range, totalOf(jobs));
    }
  }

  #curves(jobs: readonly Job[]): (LossCurve & { key: string })[] {
    return jobs.flatMap(({ key, name }) => {
      const points = (this.#losses.get(key) ?? []).map(([epoch, loss]) => ({ epoch, loss }));
      return points.length === 0 ? [] : [{ key, name, points, colour: colourOf(name) }];
    });
  }

  /** @returns whether there is something to show */
  #chart(id: string, label: string, jobs: readonly Job[]): boolean {
    const curves = this.#curves(jobs);
    if (curves.length === 0) return false;
    if (!this.#changed(id, curves)) return true;
    draw(byId(id, HTMLElement), label, lossPlot(curves, totalOf(jobs)));
    return true;
  }

  #spark(curve: LossCurve & { key: string }, range: readonly [number, number], total: number): void {
    if (!this.#changed(curve.key, [curve.points, range])) return;
    const cell = document.querySelector(`tr[data-key="${CSS.escape(curve.key)}"] [data-spark]`);
    if (cell instanceof HTMLElement) draw(cell, lossLabel(curve), sparkPlot(curve, range, total));
  }

  #changed(id: string, drawn: unknown): boolean {
    const text = JSON.stringify(drawn);
    if (this.#drawn.get(id) === text) return false;
    this.#drawn.set(id, text);
    return true;
  }
}

const totalOf = (jobs: readonly Job[]) => Math.max(2, ...jobs.map(({ total }) => total));

function colourOf(name: string): string {
  const colours: Record<string, string> = { 'refiner dual': 'rDual', 'refiner intra': 'rIntra' };
  return `var(--${colours[name] ?? name.split(' ')[0]})`;
}

function draw(place: HTMLElement, label: string, options: Parameters<typeof plot>[0]): void {
  const chart = plot({ ...options, className: 'chart' });
  for (const part of chart.querySelectorAll('[aria-label], [aria-hidden]')) {
    part.removeAttribute('aria-label');
    part.removeAttribute('aria-hidden');
  }
  for (const style of chart.querySelectorAll('style')) style.remove();
  chart.setAttribute('role', 'img');
  chart.setAttribute('aria-label', label);
  place.replaceChildren(chart);
}

function newRow(job: Job): HTMLTableRowElement {
  const copy = byId('job-row', HTMLTemplateElement).content.cloneNode(true) as DocumentFragment;
  const row = copy.querySelector('tr')!;
  row.dataset.key = job.key;
  setText(row.querySelector('[data-cell="name"]'), job.name);
  row.querySelector('progress')!.setAttribute('aria-label', `progress of ${job.name}`);
  const role = job.name.split(' ')[0];
  if (role === 'ndm' || role === 'udm')
    row.querySelector<HTMLElement>('.key')!.style.background = `var(--${role})`;
  return row;
}

function showStages(news: RunNews): void {
  for (const name of Object.keys(stageNames) as (keyof typeof stageNames)[]) {
    const item = document.querySelector(`[data-stage="${name}"]`)!;
    const state = stageState(name, news);
    if (item.className === state) continue;
    item.className = state;
    if (state === 'current') item.setAttribute('aria-current', 'step');
    else item.removeAttribute('aria-current');
  }
}

/** Only where it is new: what is read out or selected stays undisturbed. */
function setText(element: Element | null, text: string): void {
  if (element !== null && element.textContent !== text) element.textContent = text;
}
