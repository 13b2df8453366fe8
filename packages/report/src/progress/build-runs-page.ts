import type { RunEntry } from '@ddad/runs';
import { duration } from '../figures.ts';
import { html } from '../html.ts';
import { pageShell } from '../page-shell.ts';

/** The latest runs, each with a link to its page. */
export function buildRunsPage(runs: readonly RunEntry[], now: Date): string {
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
</section>`,
    footer: html`Read-only, served by the coordinator.`,
    after: html``,
  });
}
