import type { MemberResult } from '@ddad/contract';
import { divergedTrainings } from '@ddad/runs/diverged';
import { type LossCurve, lossChart, lossRange, lossSparkline, pointsOf } from '../charts/loss-charts.ts';
import { duration, figure, plural } from '../figures.ts';
import { type Html, html } from '../html.ts';
import { roleColour, rolesOf, trainingLine } from '../palette.ts';
import type { ReportArtifact, ReportData } from '../report-data.ts';

/**
 * Every member with its loss curve and where, how long and how smoothly it was trained; losses of the other trainings. Of a method
 * without members the losses alone; null of one that trains nothing.
 */
export function members({ result, artifacts, roles: meanings = {} }: ReportData): Html | null {
  const roles = rolesOf(result.members);
  const published = new Map(artifacts.map((artifact) => [artifact.key, artifact]));
  const shown = result.members.map((member) => {
    const artifact = published.get(member.key);
    return { member, artifact, curve: memberCurve(member, artifact, roles) };
  });
  const curves = shown.flatMap(({ curve }) => curve ?? []);
  const others = otherCurves(artifacts);
  const diverged = divergedTrainings(result);
  if (shown.length === 0)
    return others.length === 0 && diverged.length === 0 ? null : trainings(others, diverged);
  const range = lossRange(curves);
  const counted = result.members.some(({ restarts }) => restarts !== undefined);
  const told = roles.flatMap((role) => {
    const meaning = meanings[role];
    return meaning === undefined ? [] : [`${role.toUpperCase()}: ${meaning}. `];
  });
  return html`<section id="members">
  <h2>Members</h2>
  <div class="losses">
    ${
      curves.length > 0 &&
      html`<figure class="card"><figcaption>Loss of the members <span class="keys">${roles.map((role) => key(roleColour(roles, role), role.toUpperCase()))}</span></figcaption>${lossChart('Mean loss per epoch of every member', curves)}</figure>`
    }
    ${others.length > 0 && otherLosses('Loss of other trainings', 'Mean loss per epoch of the trainings beside the members', others)}
  </div>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of members">
  <table class="members">
    <thead><tr><th scope="col">member</th><th scope="col">loss</th><th scope="col" class="number">last</th><th scope="col" class="number">seed</th><th scope="col">trainer</th><th scope="col" class="number">time</th>${counted && html`<th scope="col" class="number">restarts</th>`}<th scope="col">finished</th><th scope="col">key</th></tr></thead>
    <tbody>${shown.map(
      ({ member, artifact, curve }) => html`
      <tr><th scope="row"><span class="key" style="background: ${roleColour(roles, member.role)}"></span>${memberName(member)}</th><td>${curve && lossSparkline(curve, range)}</td><td class="number">${member.loss === null ? '' : figure(member.loss, 4)}</td><td class="number">${member.seed}</td>
        <td>${member.trainer}</td><td class="number">${duration(member.seconds)}</td>${counted && html`<td class="number">${member.restarts ?? ''}</td>`}<td>${artifact === undefined ? null : date(artifact.finishedAt)}${remarks(member)}</td><td><code title="${member.key}">${member.key.slice(0, 12)}</code></td></tr>`,
    )}</tbody>
  </table>
  </div>
  <p class="caption">${plural(result.members.length, 'member')}. ${told}Times are wall times of the training, UTC. Whole keys are below.</p>
  ${divergedNote(diverged)}
</section>`;
}

/** Of a method whose networks are no members of anything. */
function trainings(curves: readonly LossCurve[], diverged: readonly string[]): Html {
  return html`<section id="members">
  <h2>Training</h2>
  <div class="losses">${curves.length > 0 && otherLosses('Loss', 'Mean loss per epoch', curves)}</div>
  ${divergedNote(diverged)}
</section>`;
}

function divergedNote(diverged: readonly string[]): Html | null {
  return diverged.length === 0 ? null : html`<p class="caption diverged">${diverged.join('; ')}.</p>`;
}

function otherLosses(title: string, label: string, curves: readonly LossCurve[]): Html {
  return html`<figure class="card"><figcaption>${title} <span class="keys">${curves.map(({ name, colour }) => key(colour, name))}</span></figcaption>${lossChart(label, curves)}</figure>`;
}

const memberName = ({ role, index }: Pick<MemberResult, 'role' | 'index'>) =>
  `${role.toUpperCase()} ${index}`;

const key = (colour: string, text: string) =>
  html`<span class="key" style="background: ${colour}"></span>${text} `;

/** Null of a member that tells no loss. */
function memberCurve(
  member: MemberResult,
  artifact: ReportArtifact | undefined,
  roles: readonly string[],
): LossCurve | null {
  const history = artifact?.history ?? (member.loss === null ? [] : [member.loss]);
  if (history.length === 0) return null;
  const colour = roleColour(roles, member.role);
  return { name: memberName(member), points: pointsOf(history), colour, dashes: null };
}

/** Of the artifacts that tell how their training went, and are no members. */
function otherCurves(artifacts: readonly ReportArtifact[]): LossCurve[] {
  return artifacts
    .filter(({ member, history }) => member === undefined && history !== undefined && history.length > 0)
    .map(({ id, history }, place) => ({ name: id, points: pointsOf(history ?? []), ...trainingLine(place) }));
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
