import type { MethodRegistry } from '@ddad/methods';
import type { ObjectStore } from '@ddad/storage';
import { duration, lossFigure, moment } from '../figures.ts';
import { type FinishedMember, listedKinds, listMembers } from '../finished-members.ts';
import type { Screens } from '../screen.ts';
import { type Column, tableLines } from '../table.ts';

/** `ddad members`: the finished members in the store, the newest first. */
export async function listMembersCommand(deps: {
  store: ObjectStore;
  methods: MethodRegistry;
  screens: Screens;
}): Promise<object[]> {
  const { out, err } = deps.screens;
  const members = await listMembers(deps.store, deps.methods);
  const entries = members.map(({ kind, manifest }) => ({
    key: manifest.key,
    kind: kind.kind,
    ...Object.fromEntries(kind.listing.fields.map((field) => [field, specOf(manifest)[field] ?? null])),
    loss: manifest.loss,
    trainer: manifest.worker,
    seconds: manifest.seconds,
    finishedAt: manifest.finishedAt,
    environment: manifest.environment,
  }));
  if (members.length === 0) {
    err.write('no finished members yet; train some with: npx ddad run\n');
    return entries;
  }
  const shown = listedKinds(deps.methods).filter(({ kind }) => members.some((one) => one.kind.kind === kind));
  const fields = [...new Set(shown.flatMap(({ listing }) => listing.fields))];
  const columns: Column[] = [
    { heading: 'key' },
    // What is called alike everywhere needs no name.
    ...(shown.length > 1 ? [{ heading: 'kind' }] : []),
    ...fields.map((field): Column => ({ heading: field, align: alignOf(field, members) })),
    { heading: 'loss', align: 'right' },
    { heading: 'time', align: 'right' },
    { heading: 'trainer' },
    { heading: 'finished' },
  ];
  const rows = members.map(({ kind, manifest }) => [
    manifest.key.slice(0, 12),
    ...(shown.length > 1 ? [kind.kind] : []),
    ...fields.map((field) => textOf(specOf(manifest)[field])),
    manifest.loss === null ? '' : lossFigure(manifest.loss),
    duration(manifest.seconds),
    manifest.worker,
    moment(new Date(manifest.finishedAt)),
  ]);
  out.write(`${tableLines(columns, rows).join('\n')}\n`);
  return entries;
}

function specOf({ spec }: { spec: object }): Readonly<Record<string, unknown>> {
  return spec as Record<string, unknown>;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Numbers stand on the right. */
function alignOf(field: string, members: readonly FinishedMember[]): 'left' | 'right' {
  return members.some(({ manifest }) => typeof specOf(manifest)[field] === 'number') ? 'right' : 'left';
}
