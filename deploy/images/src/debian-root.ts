import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { run } from './commands.ts';
import { debianPackage, debianPins } from './pins.ts';

/** Who everything in an image runs as: nobody of the host. */
export const user = 65_532;

/** Of a package's files, those that no program of ours reads. Copyrights stay. */
const needless = ['usr/share/man', 'usr/share/lintian', 'usr/share/locale', 'usr/lib/x86_64-linux-gnu/gconv'];

/**
 * Unpacks the pinned Debian packages. Files only: no maintainer script runs, and no shell is there that could. What is
 * there is noted as scanners of images expect it, a file a package under /var/lib/dpkg/status.d.
 */
export async function makeDebianRoot(directory: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(directory, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, join(directory, name));
  }
  const status = join(directory, 'var/lib/dpkg/status.d');
  mkdirSync(status, { recursive: true });
  const { pins, snapshot } = debianPins();
  for (const pin of pins) {
    const deb = await debianPackage(pin, snapshot);
    const member = (start: string) => {
      const name = run('ar', ['t', deb])
        .toString()
        .split('\n')
        .find((line) => line.startsWith(start));
      if (name === undefined) throw new Error(`${deb}: expected a member ${start}*, got none`);
      return { data: run('ar', ['p', deb, name]), flag: name.endsWith('.zst') ? '--zstd' : '--xz' };
    };
    const data = member('data.tar');
    run('tar', ['-x', data.flag, '--keep-directory-symlink', '--no-same-owner', '-C', directory], {
      input: data.data,
    });
    const control = member('control.tar');
    writeFileSync(
      join(status, pin.name),
      run('tar', ['-x', control.flag, '-O', './control'], { input: control.data }),
    );
  }
  for (const path of needless) rmSync(join(directory, path), { recursive: true, force: true });
  dropDocumentation(join(directory, 'usr/share/doc'));
  trustMozilla(directory);
  addUser(directory);
}

/** Directories and files that each image has, Debian or not. */
export function addUser(directory: string): void {
  mkdirSync(join(directory, 'etc'), { recursive: true });
  mkdirSync(join(directory, 'tmp'), { recursive: true });
  chmodSync(join(directory, 'tmp'), 0o1777);
  writeFileSync(
    join(directory, 'etc/passwd'),
    `root:x:0:0:root:/root:/sbin/nologin\nddad:x:${user}:${user}:ddad:/tmp:/sbin/nologin\n`,
  );
  writeFileSync(join(directory, 'etc/group'), `root:x:0:\nddad:x:${user}:\n`);
}

function dropDocumentation(directory: string): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    // A package may share another one's by a link.
    if (!existsSync(join(path, 'copyright'))) continue;
    for (const file of readdirSync(path))
      if (file !== 'copyright') rmSync(join(path, file), { recursive: true });
  }
}

/** What the maintainer script of ca-certificates does: all of Mozilla's certificates in one file. */
function trustMozilla(directory: string): void {
  const source = join(directory, 'usr/share/ca-certificates/mozilla');
  const certificates = readdirSync(source).sort();
  mkdirSync(join(directory, 'etc/ssl/certs'), { recursive: true });
  writeFileSync(
    join(directory, 'etc/ssl/certs/ca-certificates.crt'),
    `${certificates.map((name) => readFileSync(join(source, name), 'utf8').trimEnd()).join('\n')}\n`,
  );
}
