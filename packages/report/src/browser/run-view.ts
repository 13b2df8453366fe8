import type { LossPoint } from '@ddad/runs';
import { applyCurveChanges, type RunNews } from '@ddad/runs/snapshot';
import { plot } from '@observablehq/plot';
import { max } from 'd3-array';
import { type LossCurve, lossLabel, lossPlot, lossRange, sparkPlot } from '../charts/loss-plots.ts';
import { deviationsText } from '../deviations-text.ts';
import { duration } from '../figures.ts';
import type { LineLook } from '../palette.ts';
import {
  type ChartKey,
  chartKeys,
  hasMemberCard,
  type Job,
  jobCells,
  jobLooks,
  othersTitle,
  runFigures,
  shareDone,
  shownStages,
  trainingsOf,
} from '../progress/job-cells.ts';
import { all, byId } from './elements.ts';

interface JobCurve extends LossCurve {
  key: string;
}

/** The page's figures, table and charts; renews what has changed. */
export class RunView {
  /** By the artifact's key. */
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
    for (const name of ['status', 'counted', 'finished', 'speed', 'left'] as const) {
      setText(document.querySelector(`[data-figure="${name}"]`), figures[name]);
    }
    setText(document.querySelector('[data-detail="finished"]'), figures.detail);
    setText(document.querySelector('[data-detail="left"]'), figures.leftHere);
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
    this.#showSick(news.sick);
    // The run may still have been planned when the page was made.
    byId('deviations', HTMLElement).hidden = view.deviations.length === 0;
    setText(byId('deviations', HTMLElement), deviationsText(view.deviations));
    for (const link of all('[data-report]', HTMLElement)) link.hidden = !news.report;
    // What only the server lays out comes with the page made anew, once the run is finished.
    if (news.scores !== null && byId('scores', HTMLElement).childElementCount === 0) {
      location.reload();
      return;
    }
    const looks = jobLooks(view.jobs);
    showJobs(view.jobs, looks);
    this.#showCharts(view.jobs, looks);
  }

  #showSick(sick: readonly string[]): void {
    if (!this.#changed('sick', sick)) return;
    const list = byId('sick', HTMLUListElement);
    list.hidden = sick.length === 0;
    list.replaceChildren(
      ...sick.map((one) => {
        const item = document.createElement('li');
        item.textContent = one;
        return item;
      }),
    );
  }

  #tick(): void {
    const { seconds, at, counting } = this.#elapsed;
    const now = counting ? seconds + (performance.now() - at) / 1000 : seconds;
    setText(document.querySelector('[data-figure="elapsed"]'), duration(now));
  }

  #showCharts(jobs: readonly Job[], looks: ReadonlyMap<string, LineLook>): void {
    const { members, others } = trainingsOf(jobs);
    const keys = chartKeys(jobs);
    const own = this.#curves(members, looks);
    this.#chart('member-losses', 'Mean loss per epoch of every member', own, members);
    this.#keys('member-keys', keys.members);
    const rest = this.#curves(others, looks);
    this.#chart('other-losses', 'Mean loss per epoch of the trainings beside the members', rest, others);
    this.#keys('other-keys', keys.others);
    byId('other-card', HTMLElement).hidden = rest.length === 0 && hasMemberCard(jobs);
    byId('member-card', HTMLElement).hidden = !hasMemberCard(jobs);
    setText(byId('other-title', HTMLElement), othersTitle(jobs));
    for (const [curves, trained] of [
      [own, members],
      [rest, others],
    ] as const) {
      const range = lossRange(curves);
      for (const curve of curves) this.#spark(curve, range, totalOf(trained));
    }
  }

  #curves(jobs: readonly Job[], looks: ReadonlyMap<string, LineLook>): JobCurve[] {
    return jobs.flatMap(({ id, key, name }) => {
      const points = (this.#losses.get(key) ?? []).map(([epoch, loss]) => ({ epoch, loss }));
      const look = looks.get(id);
      return points.length === 0 || look === undefined ? [] : [{ key, name, points, ...look }];
    });
  }

  #chart(id: string, label: string, curves: readonly JobCurve[], jobs: readonly Job[]): void {
    if (curves.length === 0 || !this.#changed(id, curves)) return;
    draw(byId(id, HTMLElement), label, lossPlot(curves, totalOf(jobs)));
  }

  #keys(id: string, keys: readonly ChartKey[]): void {
    if (!this.#changed(id, keys)) return;
    byId(id, HTMLElement).replaceChildren(
      ...keys.flatMap(({ colour, text }) => {
        const key = document.createElement('span');
        key.className = 'key';
        key.style.background = colour;
        return [key, `${text} `];
      }),
    );
  }

  #spark(curve: JobCurve, range: readonly [number, number], total: number): void {
    if (!this.#changed(`spark ${curve.key}`, [curve.points, range])) return;
    const cells = all(`tr[data-key="${CSS.escape(curve.key)}"] [data-spark]`, HTMLElement);
    for (const cell of cells) draw(cell, lossLabel(curve), sparkPlot(curve, range, total));
  }

  #changed(id: string, drawn: unknown): boolean {
    const text = JSON.stringify(drawn);
    if (this.#drawn.get(id) === text) return false;
    this.#drawn.set(id, text);
    return true;
  }
}

const totalOf = (jobs: readonly Job[]) => Math.max(2, max(jobs, ({ total }) => total) ?? 0);

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

function showJobs(jobs: readonly Job[], looks: ReadonlyMap<string, LineLook>): void {
  const body = byId('jobs', HTMLTableSectionElement);
  const rows = new Map(all('tr', HTMLTableRowElement, body).map((row) => [row.dataset.id ?? '', row]));
  for (const [place, job] of jobs.entries()) {
    const row = rows.get(job.id) ?? newRow(job);
    rows.delete(job.id);
    if (body.rows[place] !== row) body.insertBefore(row, body.rows[place] ?? null);
    if (row.className !== job.state) row.className = job.state;
    // Of a seed that diverged, another artifact takes the place.
    row.dataset.key = job.key;
    for (const key of all('.key', HTMLElement, row)) {
      key.style.background = looks.get(job.id)?.colour ?? 'transparent';
    }
    for (const bar of all('progress', HTMLProgressElement, row)) bar.value = shareDone(job);
    for (const [name, text] of Object.entries(jobCells(job))) {
      setText(row.querySelector(`[data-cell="${name}"]`), text);
    }
  }
  for (const row of rows.values()) row.remove();
}

function newRow(job: Job): HTMLTableRowElement {
  const copy = byId('job-row', HTMLTemplateElement).content.cloneNode(true) as DocumentFragment;
  const [row] = all('tr', HTMLTableRowElement, copy);
  if (row === undefined) throw new Error('#job-row: expected a row, got none');
  row.dataset.id = job.id;
  setText(row.querySelector('[data-cell="name"]'), job.name);
  row.querySelector('progress')?.setAttribute('aria-label', `progress of ${job.name}`);
  return row;
}

/** The stages are known once the run is planned. */
function showStages(news: RunNews): void {
  const list = byId('stages', HTMLOListElement);
  const stages = shownStages(news);
  const items = new Map(all('li', HTMLLIElement, list).map((item) => [item.dataset.stage ?? '', item]));
  for (const [place, { name, title, state }] of stages.entries()) {
    const item = items.get(name) ?? document.createElement('li');
    items.delete(name);
    item.dataset.stage = name;
    setText(item, title);
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
    if (item.className === state) continue;
    item.className = state;
    if (state === 'current') item.setAttribute('aria-current', 'step');
    else item.removeAttribute('aria-current');
  }
  for (const item of items.values()) item.remove();
}

/** Only where it is new: what is read out or selected stays undisturbed. */
function setText(element: Element | null, text: string): void {
  if (element !== null && element.textContent !== text) element.textContent = text;
}
