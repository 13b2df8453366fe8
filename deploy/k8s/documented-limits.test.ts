import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

interface Workload {
  kind: string;
  spec: {
    template: {
      spec: {
        containers: { name: string; resources: { limits: { cpu: string; memory: string } } }[];
        volumes: { name: string; emptyDir?: { sizeLimit: string } }[];
      };
    };
  };
}

const services = ['coordinator', 'trainer', 'scorer'];

/** What the manifests let a service have: `memory` and `scratch` as `2 GiB`, and processors. */
function limitsOf(service: string) {
  const text = readFileSync(join(import.meta.dirname, `base/${service}.yaml`), 'utf8');
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Workload);
  const { containers, volumes } = documents.find(({ kind }) => kind === 'Deployment')!.spec.template.spec;
  const { limits } = containers.find(({ name }) => name === service)!.resources;
  const scratch = volumes.find(({ name }) => name === 'scratch')!.emptyDir!.sizeLimit;
  const spelt = (quantity: string) => quantity.replace(/^(\d+)Gi$/, '$1 GiB');
  return { cpu: limits.cpu, memory: spelt(limits.memory), scratch: spelt(scratch) };
}

const docs = readFileSync(resolve(import.meta.dirname, '../../docs/operations.md'), 'utf8');

/** The line of a table that begins with this. */
function row(heading: string): string {
  const found = docs.split('\n').find((line) => line.startsWith(`| ${heading} |`));
  if (found === undefined) throw new Error(`expected a row "${heading}" in docs/operations.md, got none`);
  return found;
}

it('says how much memory the manifests let each service have', () => {
  const said = services.map((service) => `${service} ${limitsOf(service).memory}`).join(', ');
  expect(row('memory')).toContain(`the manifests' limits: ${said};`);
});

it('says how much scratch space the manifests let each service have', () => {
  const [all, ...others] = [...new Set(services.map((service) => limitsOf(service).scratch))];
  expect(others).toEqual([]);
  expect(row('scratch of coordinator, trainer, scorer')).toContain(`The manifests bound it at ${all} |`);
});

it('says what a quota has to leave to the coordinator', () => {
  const { cpu, memory } = limitsOf('coordinator');
  expect(docs).toContain(`leave room for the coordinator (${cpu} CPU, ${memory} at most)`);
});
