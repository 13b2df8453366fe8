import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DebianPin, debianPins, type WheelPin } from './pins.ts';

/** A component in the terms of CycloneDX 1.5. */
interface Component {
  type: 'library' | 'application';
  name: string;
  version: string;
  purl: string;
  hashes?: { alg: 'SHA-256' | 'SHA-512'; content: string }[];
  licenses?: { expression: string }[];
}

export interface Contents {
  debian?: boolean;
  wheels?: readonly WheelPin[];
  /** npm's list of what it installed, as a lock file. */
  npm?: string;
  /** Path of a program built with Go, which knows its modules. */
  goProgram?: string;
}

/** What an image holds, as a CycloneDX document. */
export function billOfMaterials(image: string, version: string, contents: Contents): string {
  const components: Component[] = [
    ...(contents.debian === true ? debianPins().pins.map(ofDebian) : []),
    ...(contents.wheels ?? []).map(ofPypi),
    ...(contents.npm === undefined ? [] : ofNpm(contents.npm)),
    ...(contents.goProgram === undefined ? [] : ofGo(contents.goProgram)),
  ];
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${randomUUID()}`,
    version: 1,
    metadata: { component: { type: 'container', name: image, version } },
    components,
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function ofDebian({ name, version, sha256, file }: DebianPin): Component {
  const architecture = /_([a-z0-9]+)\.deb$/.exec(file)?.[1] ?? 'all';
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-12`,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
  };
}

function ofPypi({ name, version, sha256 }: WheelPin): Component {
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:pypi/${name.toLowerCase()}@${version}`,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
  };
}

/** Ours have no version that says anything: they are links, and left out. */
function ofNpm(lock: string): Component[] {
  const { packages } = JSON.parse(lock) as {
    packages: Record<string, { version?: string; integrity?: string; license?: string; link?: boolean }>;
  };
  return Object.entries(packages).flatMap(([place, { version, integrity, license, link }]) => {
    const start = place.lastIndexOf('node_modules/');
    if (start === -1 || link === true || version === undefined) return [];
    const name = place.slice(start + 'node_modules/'.length);
    const digest = /^sha512-(.+)$/.exec(integrity ?? '')?.[1];
    return [
      {
        type: 'library' as const,
        name,
        version,
        purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
        ...(digest === undefined
          ? {}
          : {
              hashes: [{ alg: 'SHA-512' as const, content: Buffer.from(digest, 'base64').toString('hex') }],
            }),
        ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
      },
    ];
  });
}

/** From the text that the Go linker writes into a program: a line a module, with its version and go.sum's hash. */
function ofGo(program: string): Component[] {
  const text = readFileSync(program, 'latin1');
  const modules = [...text.matchAll(/\n(?:mod|dep)\t(\S+)\t(v\S+)/g)];
  if (modules.length === 0) throw new Error(`${program}: expected the list of its Go modules, got none`);
  return modules.map(([, name, version]) => ({
    type: 'library',
    name: name!,
    version: version!,
    purl: `pkg:golang/${name}@${version}`,
  }));
}
