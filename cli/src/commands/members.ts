import type { ObjectStore } from '@ddad/storage';
import { duration, lossFigure, moment } from '../figures.ts';
import { listMembers } from '../finished-members.ts';
import type { Screens } from '../screen.ts';
import { tableLines } from '../table.ts';

/** `ddad members`: the finished members in the store, the newest first. */
export async function listMembersCommand(
  deps: { store: ObjectStore; screens: Screens },
  options: { json?: boolean },
): Promise<void> {
  const { out, err } = deps.screens;
  const members = await listMembers(deps.store);
  if (options.json) {
    const entries = members.map(({ key, spec, manifest }) => ({
      key,
      role: spec.role,
      backbone: spec.backbone,
      seed: spec.seed,
      epochs: spec.epochs,
      loss: manifest.loss,
      trainer: manifest.worker,
      seconds: manifest.seconds,
      finishedAt: manifest.finishedAt,
      environment: manifest.environment,
    }));
    return out.write(`${JSON.stringify(entries)}\n`);
  }
  if (members.length === 0) return err.write('no finished members yet; train some with: npx ddad run\n');
  const columns = [
    { heading: 'key' },
    { heading: 'role' },
    { heading: 'backbone' },
    { heading: 'seed', align: 'right' },
    { heading: 'epochs', align: 'right' },
    { heading: 'loss', align: 'right' },
    { heading: 'time', align: 'right' },
    { heading: 'trainer' },
    { heading: 'finished' },
  ] as const;
  const rows = members.map(({ key, spec, manifest }) => [
    key.slice(0, 12),
    spec.role,
    spec.backbone,
    String(spec.seed),
    String(spec.epochs),
    manifest.loss === null ? '' : lossFigure(manifest.loss),
    duration(manifest.seconds),
    manifest.worker,
    moment(new Date(manifest.finishedAt)),
  ]);
  out.write(`${tableLines(columns, rows).join('\n')}\n`);
}
