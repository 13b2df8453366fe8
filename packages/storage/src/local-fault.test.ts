import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { LocalFault, localFault } from './local-fault.ts';

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
}

test('a full disk is named with its machine, and no store', () => {
  const full = thrownBy(() => writeFileSync('/dev/full', 'some bytes'));
  const fault = localFault(full, 'get members/one', '/scratch/one');
  expect(fault).toBeInstanceOf(LocalFault);
  expect(fault).toMatchObject({
    code: 'ENOSPC',
    cause: full,
    message: `could not get members/one: no disk space is left on this machine, ${hostname()} (ENOSPC), for /scratch/one`,
  });
});

test('so is a quota, by its code alone, and a file that cannot be opened', () => {
  const quota = Object.assign(new Error('EDQUOT: quota exceeded, write'), {
    code: 'EDQUOT',
    syscall: 'write',
  });
  expect(localFault(quota, 'get one')?.message).toMatch(
    /the disk quota is used up on this machine, .* \(EDQUOT\)$/,
  );
  const nowhere = thrownBy(() => writeFileSync('/nowhere/at/all', ''));
  expect(localFault(nowhere, 'get one')).toMatchObject({ code: 'ENOENT' });
});

test('a server that is away, or says no, is not this machine’s fault', async () => {
  const refused = await new Promise((resolve) => connect(1, '127.0.0.1').on('error', resolve));
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
  expect(localFault(refused, 'get one')).toBeNull();
  expect(localFault(Object.assign(new Error('no'), { code: 'AccessDenied' }), 'get one')).toBeNull();
  expect(localFault('no error', 'get one')).toBeNull();
});
