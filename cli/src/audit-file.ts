import { appendFile, mkdir } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import type { AuditEntry } from '@ddad/platform';
import { readConfig } from '@ddad/platform/settings';
import { z } from 'zod';
import type { Screens } from './screen.ts';

const auditConfig = z.object({
  /** File that lines of the audit are added to; "off": none. Default: `ddad/audit.jsonl` where the user's programs keep such. */
  DDAD_AUDIT_LOG: z
    .string()
    .refine((value) => value === 'off' || isAbsolute(value), 'expected an absolute path, or off')
    .optional(),
  XDG_STATE_HOME: z.string().optional(),
  HOME: z.string().optional(),
});

/** Who runs this command, as far as the machine knows. */
export function whoAmI(): string | null {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A container's user need not have a name.
    return null;
  }
}

/** @returns the file; null where there is to be none */
export function auditFile(env?: Record<string, string | undefined>): string | null {
  const { DDAD_AUDIT_LOG: file, XDG_STATE_HOME: state, HOME: home } = readConfig(auditConfig, env);
  if (file === 'off') return null;
  if (file !== undefined) return file;
  if (state !== undefined && isAbsolute(state)) return join(state, 'ddad/audit.jsonl');
  return home === undefined ? null : join(home, '.local/state/ddad/audit.jsonl');
}

/** Adds a line to the audit's file, which its owner alone can read where it is made here. @throws where it cannot be written */
export async function auditHere(
  entry: Omit<AuditEntry, 'who' | 'at'>,
  file: string | null = auditFile(),
): Promise<void> {
  if (file === null) return;
  const line = {
    time: new Date().toISOString(),
    service: 'cli',
    msg: 'audit',
    audit: { ...entry, who: whoAmI() },
  };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await appendFile(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
}

/** The same for a command, which goes on without it: its user is told. */
export async function audited(
  screens: Pick<Screens, 'err'>,
  entry: Omit<AuditEntry, 'who' | 'at'>,
): Promise<void> {
  try {
    await auditHere(entry);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    screens.err.write(`not noted in the audit (DDAD_AUDIT_LOG): ${reason}\n`);
  }
}
