import { defaultMethod, waitingProgress } from '@ddad/contract';
import type { RunNews } from '@ddad/runs';
import { deviationsText } from '../deviations-text.ts';
import { duration, percent } from '../figures.ts';
import { type Html, html, jsonElement } from '../html.ts';
import { pageShell } from '../page-shell.ts';
import { presentScores } from '../score-looks.ts';
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
} from './job-cells.ts';

/** Identifier of the element with the run as it was when the page was made. */
export const newsElement = 'news';

/**
 * The page of one run: what is known of it now, and a script that follows it. Complete without the script, too.
 * @param news with all losses
 */
export function buildRunPage(news: RunNews): string {
  const { run, view, note, sick } = news;
  const figures = runFigures(news);
  const ended = run.status !== 'running';
  const keys = chartKeys(view.jobs);
  const looks = jobLooks(view.jobs);
  return pageShell({
    title: `${run.id} — DDAD`,
    script: 'progress',
    home: { href: '/runs', name: 'runs' },
    sections: [
      { id: 'progress', title: 'Progress' },
      { id: 'losses', title: 'Losses' },
      { id: 'jobs-section', title: 'Jobs' },
    ],
    content: html`<section id="progress">
  <p class="overline">${heading(run)}</p>
  <h1 class="run-name">${run.id}</h1>
  <p class="facts">${run.started !== null && html`Started <b>${run.started.slice(0, 19).replace('T', ' ')}</b> UTC. `}<span role="status">Run <b data-figure="status">${figures.status}</b>.</span>
    <a data-report href="${reportPath(run.id)}"${news.report ? null : html` hidden`}>Report</a></p>
  <p class="caption deviations" id="deviations"${view.deviations.length === 0 && html` hidden`}>${deviationsText(view.deviations)}</p>
  <p class="note warning" id="note"${note === null ? html` hidden` : null}>${note}</p>
  <ul class="note warning" id="sick"${sick.length === 0 && html` hidden`}>${sick.map((one) => html`<li>${one}</li>`)}</ul>
  <p class="note warning" id="connection" role="alert" hidden></p>
  <noscript><p class="note">Without JavaScript this page does not renew itself: load it again.</p></noscript>
  <ol class="stages" id="stages">${shownStages(news).map(
    ({ name, title, state }) =>
      html`<li data-stage="${name}" class="${state}"${state === 'current' ? html` aria-current="step"` : null}>${title}</li>`,
  )}</ol>
  <dl class="tiles">
    ${tile('left of the whole run', 'left', figures.left, figures.leftHere)}
    ${tile(html`<span data-figure="counted">${figures.counted}</span>`, 'finished', figures.finished, figures.detail)}
    ${tile('images a second', 'speed', figures.speed, 'of all jobs')}
    ${tile('time', 'elapsed', duration(view.elapsed), ended ? 'in all' : 'so far')}
  </dl>
  <div id="scores">${scores(news)}</div>
</section>
<section id="losses">
  <h2>Losses</h2>
  <div class="losses">
    <figure class="card" id="member-card"${!hasMemberCard(view.jobs) && html` hidden`}><figcaption>Members <span class="keys" id="member-keys">${keys.members.map(chartKey)}</span></figcaption><div id="member-losses"><p class="caption">No epoch is finished yet.</p></div></figure>
    <figure class="card" id="other-card"${trainingsOf(view.jobs).others.length === 0 && html` hidden`}><figcaption><span id="other-title">${othersTitle(view.jobs)}</span> <span class="keys" id="other-keys">${keys.others.map(chartKey)}</span></figcaption><div id="other-losses"><p class="caption">No epoch is finished yet.</p></div></figure>
  </div>
</section>
<section id="jobs-section">
  <h2>Jobs</h2>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of jobs">
  <table class="members jobs">
    <thead><tr><th scope="col">job</th><th scope="col">progress</th><th scope="col" class="number">done</th><th scope="col">loss</th><th scope="col" class="number">last</th><th scope="col" class="number">images / s</th><th scope="col" class="number">time</th><th scope="col">by</th><th scope="col">state</th></tr></thead>
    <tbody id="jobs">${view.jobs.map((job) => jobRow(job, looks.get(job.id)?.colour))}</tbody>
  </table>
  </div>
</section>`,
    footer: html`Read-only, served by the coordinator. In a terminal: <code>npx ddad watch ${run.id}</code>`,
    after: html`<template id="job-row">${jobRow(noJob)}</template>
${jsonElement(newsElement, news)}`,
  });
}

/** Of the template that new rows are made from. */
const noJob: Job = {
  ...waitingProgress(0),
  id: '',
  key: '',
  kind: '',
  name: '',
  stage: '',
  unit: 'epoch',
  waitsFor: '',
  held: false,
  secondsLeft: null,
  seconds: null,
  reused: false,
};

/** `brain, K = 3`; the method's name too where it is not the default one. */
function heading({ dataset, method, k }: RunNews['run']): string {
  const parts = [
    dataset ?? 'run',
    method !== null && method !== defaultMethod && method,
    k !== null && `K = ${k}`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

/** Where a run's report is served. */
function reportPath(id: string): string {
  return `/runs/${encodeURIComponent(id)}/report`;
}

function tile(name: Html | string, key: string, value: string, detail: string): Html {
  return html`<div class="tile"><dt>${name}</dt><dd data-figure="${key}">${value}</dd><dd class="detail" data-detail="${key}">${detail}</dd></div>`;
}

function chartKey({ colour, text }: ChartKey): Html {
  return html`<span class="key" style="background: ${colour}"></span>${text} `;
}

function jobRow(job: Job, colour = 'transparent'): Html {
  const cells = jobCells(job);
  const number = (name: string, text: string) => html`<td class="number" data-cell="${name}">${text}</td>`;
  const text = (name: string, text: string) => html`<td data-cell="${name}">${text}</td>`;
  const label = `progress of ${job.name}`;
  return html`
<tr data-id="${job.id}" data-key="${job.key}" class="${job.state}"><th scope="row">${[
    html`<span class="key" style="background: ${colour}"></span><span data-cell="name">${job.name}</span>`,
  ]}</th><td><progress max="1" value="${shareDone(job)}" aria-label="${label}"></progress></td>${[
    number('count', cells.count),
    html`<td data-spark></td>`,
    number('loss', cells.loss),
    number('speed', cells.speed),
    number('time', cells.time),
    text('worker', cells.worker),
    text('state', cells.state),
  ]}</tr>`;
}

function scores({ scores: found, definitions }: RunNews): Html | null {
  if (found === null) return null;
  const rows = presentScores(definitions, found).flatMap(({ name, symbol }) => {
    const separation = found[name];
    if (separation === undefined) return [];
    return [
      html`<tr><th scope="row">${symbol} <code>${name}</code></th><td class="number">${percent(separation.auc)}</td><td class="number">${percent(separation.ap)}</td></tr>`,
    ];
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Scores"><table><thead><tr><th scope="col">score</th><th scope="col" class="number">AUC %</th><th scope="col" class="number">AP %</th></tr></thead>
  <tbody>${rows}</tbody></table></div>`;
}
