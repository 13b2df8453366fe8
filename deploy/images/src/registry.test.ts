import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { imagesFile, nameImages } from './registry.ts';

const images = (text: string) =>
  [...text.matchAll(/newName: (\S+), newTag: "(.+)"/g)].map(([, name, tag]) => `${name}:${tag}`);

it('has deploy/k8s take every image from a registry, and from another one later', () => {
  const before = readFileSync(imagesFile, 'utf8');
  const first = nameImages(before, 'registry.example/team/ddad-', '7');
  expect(images(first)).toEqual(
    [
      'coordinator',
      'trainer-cpu',
      'trainer-cuda',
      'scorer-cpu',
      'scorer-cuda',
      'temporal',
      'nats',
      'minio',
    ].map((image) => `registry.example/team/ddad-${image}:7`),
  );
  const second = nameImages(first, 'other.example:5000/ddad-', '8');
  expect(images(second)[1]).toBe('other.example:5000/ddad-trainer-cpu:8');
  expect(nameImages(second, 'localhost/ddad-', '0.1.0')).toBe(nameImages(before, 'localhost/ddad-', '0.1.0'));
});
