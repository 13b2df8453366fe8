import type { MemberResult } from '@ddad/contract';
import { type LossCurve, lossChart, lossSparkline, pointsOf } from '../charts/loss-charts.ts';
import { rangeOf } from '../charts/range.ts';
import { duration, figure, plural } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';

const roleName = { ndm: 'NDM', udm: 'UDM' } as const;
const memberName = ({ role, index }: MemberResult) => `${roleName[role]} ${index}`;

/** Every member with its loss curve and where, how long and how smoothly it was trained; the refiners' losses. */
export function members({ result, members: trained, refiners }: ReportData): Html {
  const curves = result.members.map(
    (member, i): LossCurve => ({
      name: memberName(member),
      points: pointsOf(trained[i]!.history ?? [member.loss]),
      colour: `var(--${member.role})`,
    }),
  );
  const losses = curves.flatMap(({ points }) => points.map(({ loss }) => loss));
  const range = rangeOf(losses);
  const refinerCurves = (['rIntra', 'rDual'] as const).flatMap((name): LossCurve[] => {
    const history = refiners[name]?.history;
    return history === undefined
      ? []
      : [
          {
            name,
            points: pointsOf(history),
            colour: `var(--${name})`,
            ...(name === 'rIntra' ? { dashes: '6 3' } : {}),
          },
        ];
  });
  const counted = result.members.some(({ restarts }) => restarts !== undefined);
  const key = (colour: string, text: string) =>
    html`<span class="key" style="background: var(--${colour})"></span>${text} `;
  return html`<section id="members">
  <h2>Members</h2>
  <div class="losses">
    <figure class="card"><figcaption>Reconstruction loss <span class="keys">${key('ndm', 'NDM')}${result.members.some(({ role }) => role === 'udm') && key('udm', 'UDM')}</span></figcaption>${lossChart('Mean loss per epoch of every member', curves)}</figure>
    ${
      refinerCurves.length > 0 &&
      html`<figure class="card"><figcaption>ASR-Net loss <span class="keys">${refinerCurves.map(({ name }) => key(name, name === 'rDual' ? 'dual' : 'intra'))}</span></figcaption>${lossChart("Mean loss per epoch of the refiners' training", refinerCurves)}</figure>`
    }
  </div>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of members">
  <table class="members">
    <thead><tr><th scope="col">member</th><th scope="col">loss</th><th scope="col" class="number">last</th><th scope="col" class="number">seed</th><th scope="col">trainer</th><th scope="col" class="number">time</th>${counted && html`<th scope="col" class="number">restarts</th>`}<th scope="col">finished</th><th scope="col">key</th></tr></thead>
    <tbody>${result.members.map(
      (member, i) => html`
      <tr><th scope="row"><span class="key" style="background: var(--${member.role})"></span>${memberName(member)}</th><td>${lossSparkline(curves[i]!, range)}</td><td class="number">${figure(member.loss, 4)}</td><td class="number">${member.seed}</td>
        <td>${member.trainer}</td><td class="number">${duration(member.seconds)}</td>${counted && html`<td class="number">${member.restarts ?? ''}</td>`}<td>${date(trained[i]!.finishedAt)}${remarks(member)}</td><td><code title="${member.key}">${member.key.slice(0, 12)}</code></td></tr>`,
    )}</tbody>
  </table>
  </div>
  <p class="caption">${plural(result.members.length, 'member')}. NDM: trained on normal images. UDM: on normal and unlabeled images. Times are wall times of the training, UTC. Whole keys are below.</p>
</section>`;
}

const date = (iso: string) => iso.slice(0, 16).replace('T', ' ');

function remarks({ reused, divergedSeed, replaced }: MemberResult): Html | null {
  const found = [
    reused && 'finished before this run',
    divergedSeed !== undefined && `diverged with seed ${divergedSeed}`,
    replaced !== undefined && `trained again: ${replaced}`,
  ].filter((remark) => remark !== false);
  return found.length === 0 ? null : html`<br><small>${found.join('; ')}</small>`;
}
