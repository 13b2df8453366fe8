import { scoreNames, waitingProgress } from '@ddad/contract';
import type { RunNews } from '@ddad/runs';
import { duration, percent } from '../figures.ts';
import { type Html, html, jsonElement } from '../html.ts';
import { pageShell } from '../page-shell.ts';
import { scoreNaming } from '../score-names.ts';
import { jobCells, runFigures, shareDone, stageNames, stageState } from './job-cells.ts';

/** Identifier of the element with the run as it was when the page was made. */
export const newsElement = 'news';

/**
 * The page of one run: what is known of it now, and a script that follows it. Complete without the script, too.
 * @param news with all losses
 */
export function buildRunPage(news: RunNews): string {
  const { run, view, note } = news;
  const figures = runFigures(news);
  const ended = run.status !== 'running';
  return pageShell({
    title: `${run.id} — DDAD`,
    script: 'progress',
    home: { href: '/runs', name: 'runs' },
    sections: [
      { id: 'progress', title: 'Progress' },
      { id: 'losses', title: 'Losses' },
      { id: 'members', title: 'Members' },
    ],
    content: html`<section id="progress">
  <p class="overline">${run.dataset ?? 'run'}${run.k !== null && html`, K = ${run.k}`}</p>
  <h1 class="run-name">${run.id}</h1>
  <p class="facts">${run.started !== null && html`Started <b>${run.started.slice(0, 19).replace('T', ' ')}</b> UTC. `}<span role="status">Run <b data-figure="status">${figures.status}</b>.</span>
    <a data-report href="${reportPath(run.id)}"${news.report ? null : html` hidden`}>Report</a></p>
  <p class="note warning" id="note"${note === null ? html` hidden` : null}>${note}</p>
  <p class="note warning" id="connection" role="alert" hidden></p>
  <noscript><p class="note">Without JavaScript this page does not renew itself: load it again.</p></noscript>
  <ol class="stages">${Object.entries(stageNames).map(([name, title]) => {
    const state = stageState(name as keyof typeof stageNames, news);
    return html`<li data-stage="${name}" class="${state}"${state === 'current' ? html` aria-current="step"` : null}>${title}</li>`;
  })}</ol>
  <dl class="tiles">
    ${tile('members finished', 'members', figures.members, figures.detail)}
    ${tile('images a second', 'speed', figures.speed, 'of all trainers')}
    ${tile('training left', 'left', figures.left, 'at this pace')}
    ${tile('time', 'elapsed', duration(view.elapsed), ended ? 'in all' : 'so far')}
  </dl>
  <div id="scores">${scores(news)}</div>
</section>
<section id="losses">
  <h2>Losses</h2>
  <div class="losses">
    <figure class="card"><figcaption>Reconstruction <span class="keys"><span class="key" style="background: var(--ndm)"></span>NDM <span class="key" style="background: var(--udm)"></span>UDM</span></figcaption><div id="member-losses"><p class="caption">No epoch is finished yet.</p></div></figure>
    <figure class="card" id="refiner-card" hidden><figcaption>ASR-Net <span class="keys"><span class="key" style="background: var(--rIntra)"></span>intra <span class="key" style="background: var(--rDual)"></span>dual</span></figcaption><div id="refiner-losses"></div></figure>
  </div>
</section>
<section id="members">
  <h2>Members</h2>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of members">
  <table class="members jobs">
    <thead><tr><th scope="col">member</th><th scope="col">progress</th><th scope="col" class="number">epochs</th><th scope="col">loss</th><th scope="col" class="number">last</th><th scope="col" class="number">images / s</th><th scope="col" class="number">time</th><th scope="col">trainer</th><th scope="col">state</th></tr></thead>
    <tbody id="jobs">${[...view.members, ...view.others].map(jobRow)}</tbody>
  </table>
  </div>
  <p class="caption">NDM: trained on normal images. UDM: on normal and unlabeled images.</p>
</section>`,
    footer: html`Read-only, served by the coordinator. In a terminal: <code>npx ddad watch ${run.id}</code>`,
    after: html`<template id="job-row">${jobRow({
      ...waitingProgress(0),
      key: '',
      name: '',
      unit: 'epoch',
      waitsFor: null,
      secondsLeft: null,
      seconds: null,
      reused: false,
    })}</template>
${jsonElement(newsElement, news)}`,
  });
}

/** Where a run's report is served. */
function reportPath(id: string): string {
  return `/runs/${encodeURIComponent(id)}/report`;
}

function tile(name: string, key: string, value: string, detail: string): Html {
  return html`<div class="tile"><dt>${name}</dt><dd data-figure="${key}">${value}</dd><dd class="detail" data-detail="${key}">${detail}</dd></div>`;
}

function jobRow(job: RunNews['view']['members'][number]): Html {
  const cells = jobCells(job);
  const role = job.name.split(' ')[0]!;
  return html`
<tr data-key="${job.key}" class="${job.state}"><th scope="row"><span class="key" style="background: ${colourOf(role)}"></span><span data-cell="name">${job.name}</span></th><td><progress max="1" value="${shareDone(job)}" aria-label="progress of ${job.name}"></progress></td><td class="number" data-cell="count">${cells.count}</td><td data-spark></td><td class="number" data-cell="loss">${cells.loss}</td><td class="number" data-cell="speed">${cells.speed}</td><td class="number" data-cell="time">${cells.time}</td><td data-cell="worker">${cells.worker}</td><td data-cell="state">${cells.state}</td></tr>`;
}

const colourOf = (role: string) => (role === 'ndm' || role === 'udm' ? `var(--${role})` : 'transparent');

function scores({ scores: found }: RunNews): Html | null {
  if (found === null) return null;
  const names = scoreNames.filter((name) => found[name] !== undefined);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Scores"><table><thead><tr><th scope="col">score</th><th scope="col" class="number">AUC %</th><th scope="col" class="number">AP %</th></tr></thead>
  <tbody>${names.map((name) => html`<tr><th scope="row">${scoreNaming[name].symbol} <code>${name}</code></th><td class="number">${percent(found[name]!.auc)}</td><td class="number">${percent(found[name]!.ap)}</td></tr>`)}</tbody></table></div>`;
}
