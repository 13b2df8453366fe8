import type { WorkerState } from '@ddad/contract';
import type { RunEntry } from '@ddad/runs';
import { duration } from '../figures.ts';
import { type Html, html } from '../html.ts';
import { pageShell } from '../page-shell.ts';

/** The latest runs, each with a link to its page, and the workers that are there. */
export function buildRunsPage(runs: readonly RunEntry[], workers: readonly WorkerState[], now: Date): string {
  const time = ({ started, closed }: RunEntry) => ((closed ?? now).getTime() - started.getTime()) / 1000;
  const utc = (date: Date) => date.toISOString().slice(0, 19).replace('T', ' ');
  return pageShell({
    title: 'Runs — DDAD',
    script: 'progress',
    home: { href: '/runs', name: 'runs' },
    sections: [],
    content: html`<section id="runs">
  <h1>Runs</h1>
  <p class="facts">As of <b>${utc(now)}</b> UTC.</p>
  ${
    runs.length === 0
      ? html`<p class="note">No runs yet; start one with <code>npx ddad run --dataset NAME</code>.</p>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Table of runs">
  <table>
    <thead><tr><th scope="col">run</th><th scope="col">status</th><th scope="col">dataset</th><th scope="col">method</th><th scope="col" class="number">K</th><th scope="col">started (UTC)</th><th scope="col" class="number">time</th></tr></thead>
    <tbody>${runs.map(
      (run) => html`
      <tr><th scope="row"><a href="/runs/${encodeURIComponent(run.id)}">${run.id}</a></th><td>${run.status}</td><td>${run.dataset}</td><td>${run.method}</td><td class="number">${run.k}</td><td>${utc(run.started)}</td><td class="number">${duration(time(run))}</td></tr>`,
    )}</tbody>
  </table></div>`
  }
</section>
${workers.length > 0 && workersSection(workers)}`,
    footer: html`Read-only, served by the coordinator.`,
    after: html``,
  });
}

function workersSection(workers: readonly WorkerState[]): Html {
  return html`<section id="workers">
  <h2>Workers</h2>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of workers">
  <table>
    <thead><tr><th scope="col">worker</th><th scope="col">makes</th><th scope="col">device</th><th scope="col" class="number">slots</th><th scope="col">state</th><th scope="col">why, and until when (UTC)</th></tr></thead>
    <tbody>${workers.map(
      ({ id, pool, device, slots, state, reason, until }) => html`
      <tr><th scope="row">${id}</th><td>${pool === 'train' ? 'trainings' : 'scores'}</td><td>${device}</td><td class="number">${slots}</td><td>${state}</td><td>${reason}${until !== null && html` (${until.slice(11, 19)})`}</td></tr>`,
    )}</tbody>
  </table></div>
</section>`;
}
