import { artifactKey } from '@ddad/contract';
import type { MakerInput } from '@ddad/jobs';
import { inputOf } from '../make-task.testing.ts';
import { memberKind, memberName } from './kinds.ts';

/** Files of members, by index, as makers find them. */
export interface MemberFiles {
  ndm: readonly string[];
  udm: readonly string[];
}

export function memberInputs(files: MemberFiles): Record<string, MakerInput> {
  const entries = (['ndm', 'udm'] as const).flatMap((role) =>
    files[role].map((weights, index): [string, MakerInput] => [
      memberName(role, index),
      inputOf(memberKind.kind, { role, index }, { weights }),
    ]),
  );
  return Object.fromEntries(entries);
}

/** Keys of members that were never published. */
export function memberKeys(files: MemberFiles): { ndm: string[]; udm: string[] } {
  const keys = (role: 'ndm' | 'udm') => files[role].map((_path, index) => artifactKey({ role, index }));
  return { ndm: keys('ndm'), udm: keys('udm') };
}
