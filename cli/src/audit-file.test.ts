import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { auditFile, auditHere } from './audit-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-audit-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('adds a line an entry, with who and when, to a file that its owner alone can read', async () => {
  const file = join(folder, 'state/ddad/audit.jsonl');
  await auditHere({ action: 'model exported', key: 'abc' }, file);
  await auditHere({ action: 'images scored', key: 'run-1' }, file);
  const lines = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ audit }) => audit)).toEqual([
    { action: 'model exported', key: 'abc', who: expect.stringMatching(`^${userInfo().username}@.`) },
    { action: 'images scored', key: 'run-1', who: expect.any(String) },
  ]);
  expect(Math.abs(Date.now() - Date.parse(lines[0].time))).toBeLessThan(60_000);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it("is the file that is named, else one among the user's own, or none", () => {
  expect(auditFile({ DDAD_AUDIT_LOG: '/var/log/ddad.jsonl', HOME: '/h' })).toBe('/var/log/ddad.jsonl');
  expect(auditFile({ HOME: '/h' })).toBe('/h/.local/state/ddad/audit.jsonl');
  expect(auditFile({ HOME: '/h', XDG_STATE_HOME: '/s' })).toBe('/s/ddad/audit.jsonl');
  expect(auditFile({ DDAD_AUDIT_LOG: 'off', HOME: '/h' })).toBeNull();
  expect(auditFile({})).toBeNull();
  expect(() => auditFile({ DDAD_AUDIT_LOG: 'here.jsonl' })).toThrow('expected an absolute path, or off');
});
