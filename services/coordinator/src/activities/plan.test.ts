import { createHash } from 'node:crypto';
import { artifactKey, mainScore, seedOf } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { type Plan, type RunPlan, replan } from './plan.ts';
import { find, keysOf, membersOf, nodeOf, Planning, refinersOf, specOf } from './planning.testing.ts';

const planning = new Planning();

describe('a plan', () => {
  it('has K members per role whose keys cover training pixels, seed and settings', async () => {
    const plan = await planning.plan({
      dataset: 'tiny',
      k: 2,
      seed: 5,
      epochs: 3,
      batchSize: 4,
      recipe: 'paper',
      refiner: { batchSize: 2 },
    });
    // The pixels of image p are 4096 bytes of value p; NDM: images 0 to 5, UDM: 0 to 10.
    const digestTo = (end: number) =>
      createHash('sha256')
        .update(Uint8Array.from({ length: 4096 * end }, (_, at) => Math.floor(at / 4096)))
        .digest('hex');
    expect(membersOf(plan).map(({ id }) => id)).toEqual([
      'member ndm 0',
      'member ndm 1',
      'member udm 0',
      'member udm 1',
    ]);
    const spec = {
      recipe: 2,
      backbone: 'aeu',
      role: 'udm',
      seed: seedOf(5, 'udm', 1),
      epochs: 3,
      batchSize: 4,
      learningRate: 5e-4,
      imagesDigest: digestTo(11),
      imageSize: 64,
    };
    expect(membersOf(plan)[3]).toEqual({
      id: 'member udm 1',
      kind: 'members',
      pool: 'train',
      member: { role: 'udm', index: 1, seed: spec.seed },
      group: 'udm',
      key: artifactKey(spec),
      spec,
      needs: [],
      images: 'training',
      stage: 'train',
      total: 3,
      unit: 'epoch',
      finished: false,
      // 11 images in batches of 4.
      imagesPerUnit: 8,
    });
    expect(specOf(membersOf(plan)[0]!).imagesDigest).toBe(digestTo(6));
    expect(new Set(keysOf(plan)).size).toBe(4);
  });

  it('tells members and refiners a precision that is not the default, and maps none', async () => {
    const wanted = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [plan, exact] = [
      await planning.plan({ ...wanted, precision: 'bfloat16' }),
      await planning.plan(wanted),
    ];
    const precisions = (of: RunPlan) =>
      [...membersOf(of), nodeOf(of, 'maps'), ...refinersOf(of)].map(
        (node) => specOf(node).precision ?? 'none',
      );
    const trained = Array.from({ length: 4 }, () => 'bfloat16');
    expect(precisions(plan)).toEqual([...trained, 'none', 'bfloat16', 'bfloat16']);
    expect(new Set(precisions(exact))).toEqual(new Set(['none']));
  });

  it('tells what holds weights of a latent size and a wide layer that are not the paper’s', async () => {
    const wanted = { dataset: 'tiny', k: 3, batchSize: 4, refiner: { batchSize: 2 } };
    const [plan, paper] = [
      await planning.plan({ ...wanted, latentSize: 8, wideLayer: 512 }),
      await planning.plan(wanted),
    ];
    const explicit = await planning.plan({ ...wanted, latentSize: 16, wideLayer: 2048 });
    expect(explicit.nodes.map(({ key }) => key)).toEqual(paper.nodes.map(({ key }) => key));
    const told = (of: RunPlan) =>
      of.nodes.filter(({ spec }) => 'backbone' in spec).map((node) => specOf(node).latentSize ?? 'none');
    expect(told(plan)).toEqual(told(plan).map(() => 8));
    expect(told(paper)).toEqual(told(plan).map(() => 'none'));
    expect(specOf(nodeOf(plan, 'maps'))).toMatchObject({ latentSize: 8, wideLayer: 512 });
  });

  it('tells members of the recipe that averages weights, and none of the paper’s', async () => {
    const wanted = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [plan, paper] = [await planning.plan(wanted), await planning.plan({ ...wanted, recipe: 'paper' })];
    expect(membersOf(plan).map((node) => specOf(node).steady)).toEqual([1, 1, 1, 1]);
    const { steady: _, ...rest } = specOf(membersOf(plan)[0]!);
    expect(rest).toEqual(specOf(membersOf(paper)[0]!));
    const alone = await planning.plan({ dataset: 'tiny', method: 'aeu', k: 2, batchSize: 4 });
    expect(keysOf(alone)).toEqual(keysOf(plan).slice(0, 2));
  });

  it('names maps, both refiners and their refined maps before anything is trained', async () => {
    const plan = await planning.plan({ dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    const keys = keysOf(plan);
    const maps = nodeOf(plan, 'maps');
    expect(maps.spec).toMatchObject({ ndm: keys.slice(0, 2), udm: keys.slice(2) });
    expect(maps.needs).toEqual(keys.map((key) => ({ kind: 'members', key })));
    expect(refinersOf(plan).map(({ spec }) => spec)).toMatchObject([
      { input: 'dual', ndm: keys.slice(0, 2), udm: keys.slice(2), seed: seedOf(0, 'refiner-dual', 0) },
      { input: 'intra', ndm: keys.slice(0, 2), udm: [], seed: seedOf(0, 'refiner-intra', 0) },
    ]);
    for (const input of ['dual', 'intra']) {
      const spec = { maps: maps.key, refiner: nodeOf(plan, `refiner ${input}`).key };
      expect(nodeOf(plan, `refined ${input}`)).toMatchObject({ spec, key: artifactKey(spec) });
    }
  });

  it('with repulsion has a chain of members in each role, the first of which is as without', async () => {
    const wanted = { dataset: 'tiny', k: 3, batchSize: 4, refiner: { batchSize: 2 } };
    const [plan, plain] = [await planning.plan({ ...wanted, repulsion: 1 }), await planning.plan(wanted)];
    const chainOf = (of: RunPlan) =>
      membersOf(of).map((node) => [
        node.id,
        (specOf(node).repulsion as { earlier: string[] })?.earlier ?? [],
      ]);
    const keyOf = (id: string) => nodeOf(plan, id).key;
    const chain = (role: string) => [
      [`member ${role} 0`, []],
      [`member ${role} 1`, [keyOf(`member ${role} 0`)]],
      [`member ${role} 2`, [keyOf(`member ${role} 0`), keyOf(`member ${role} 1`)]],
    ];
    expect(chainOf(plan)).toEqual([...chain('ndm'), ...chain('udm')]);
    expect(nodeOf(plan, 'member udm 2').needs).toEqual(
      [0, 1].map((index) => ({ kind: 'members', key: keyOf(`member udm ${index}`) })),
    );
    expect(keyOf('member ndm 0')).toBe(nodeOf(plain, 'member ndm 0').key);
    expect(keyOf('member ndm 1')).not.toBe(nodeOf(plain, 'member ndm 1').key);
    // More members leave the others as they are.
    const larger = await planning.plan({ ...wanted, k: 4, repulsion: 1 });
    expect(keysOf(larger)).toEqual(expect.arrayContaining(keysOf(plan)));
    const weaker = await planning.plan({ ...wanted, repulsion: 0.5 });
    expect(keysOf(weaker).filter((key) => keysOf(plan).includes(key))).toHaveLength(2);
  });

  it('with repulsion plans what comes after a member that was lost, or has another seed, anew, and nothing before it', async () => {
    const { basis, ...plan } = await planning.plan({
      ...{ dataset: 'tiny', k: 4, minMembers: 2, batchSize: 4, refiner: { batchSize: 2 } },
      repulsion: 1,
    });
    const again = (change: object) => replan(planning.deps(), { ...basis, ...change }) as Promise<Plan>;
    const keyIn = (of: Pick<Plan, 'nodes'>, id: string) => of.nodes.find((one) => one.id === id)!.key;
    const earlierIn = (of: Pick<Plan, 'nodes'>, id: string) =>
      (specOf(of.nodes.find((one) => one.id === id)!).repulsion as { earlier: string[] }).earlier;

    const without = await again({ lost: ['member ndm 1'] });
    const [first, second] = ['member ndm 0', 'member ndm 2'].map((id) => keyIn(without, id));
    expect(earlierIn(without, 'member ndm 2')).toEqual([first]);
    expect(earlierIn(without, 'member ndm 3')).toEqual([first, second]);
    // The lost one stays what it was, and so does the other role.
    for (const id of ['member ndm 0', 'member ndm 1', 'member udm 3'])
      expect(keyIn(without, id)).toBe(keyIn(plan, id));
    const maps = without.nodes.find(({ id }) => id === 'maps')!;
    expect((specOf(maps).ndm as string[])[1]).toBe(second);

    const reseeded = await again({ retries: { 'member ndm 1': 1 } });
    expect(keyIn(reseeded, 'member ndm 1')).not.toBe(keyIn(plan, 'member ndm 1'));
    expect(earlierIn(reseeded, 'member ndm 2')).toEqual([
      keyIn(plan, 'member ndm 0'),
      keyIn(reseeded, 'member ndm 1'),
    ]);
  });

  it('has the dual-space uncertainty of the NDM alone, unless it is not wanted, and none with MC Dropout', async () => {
    const wanted = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const plan = await planning.plan(wanted);
    const node = nodeOf(plan, 'dual-space uncertainty');
    const [ndm, maps] = [keysOf(plan).slice(0, 2), nodeOf(plan, 'maps')];
    expect(node.spec).toEqual({
      recipe: 1,
      backbone: 'aeu',
      ndm,
      imagesDigest: specOf(maps).imagesDigest,
      imageSize: 64,
    });
    expect(node.needs).toEqual(ndm.map((key) => ({ kind: 'members', key })));
    expect(plan.about.definitions.map(({ name }) => name)).toContain('dsu');
    // The unlabeled images have no part in it.
    const oneClass = await planning.plan({ ...wanted, unlabeled: 0 });
    expect(nodeOf(oneClass, 'dual-space uncertainty').key).toBe(node.key);

    const { k: _, ...others } = wanted;
    for (const without of [
      { ...wanted, dsu: false },
      { ...others, uncertainty: 'dropout' },
    ]) {
      const bare = await planning.plan(without);
      expect(find(bare, 'dual-space uncertainty')).toBeUndefined();
      expect(bare.about.definitions.map(({ name }) => name)).not.toContain('dsu');
      expect(bare.artifacts).not.toContain('dsu');
    }
  });

  it('keeps the members of a smaller K in a larger one, and shares none with another seed', async () => {
    const keysWith = async (more: object) =>
      keysOf(await planning.plan({ dataset: 'tiny', batchSize: 4, refiner: { batchSize: 2 }, ...more }));
    const small = await keysWith({ k: 2 });
    const large = await keysWith({ k: 3 });
    expect(large).toEqual(expect.arrayContaining(small));
    const other = await keysWith({ k: 3, seed: 1 });
    expect(large.filter((key) => other.includes(key))).toEqual([]);
  });

  it.each([
    ['unlabeled: 0', { dataset: 'tiny', unlabeled: 0 }],
    ['a dataset without unlabeled images', { dataset: 'plain' }],
  ])('is one-class with %s', async (_, input) => {
    const plan = await planning.plan({ ...input, k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    expect(membersOf(plan).map(({ member }) => member?.role)).toEqual(['ndm', 'ndm']);
    expect(refinersOf(plan).map(({ id }) => id)).toEqual(['refiner intra']);
  });

  it('settles K by half of the trainers that are there, where that is left to it', async () => {
    const there = (seconds: number) => ({
      leaving: false,
      since: new Date(planning.now - seconds * 1000).toISOString(),
    });
    const input = { dataset: 'tiny', k: 'auto', batchSize: 4, refiner: { batchSize: 2 } };
    planning.trainers = [
      ...Array.from({ length: 9 }, () => there(61)),
      there(59),
      { ...there(3600), leaving: true },
    ];
    const plan = await planning.plan(input);
    expect(plan.basis.settings.k).toBe(4);
    expect(plan.basis.settings).not.toHaveProperty('maxK');
    expect(membersOf(plan)).toHaveLength(8);
    expect((await planning.plan({ ...input, maxK: 3 })).basis.settings.k).toBe(3);
    // As if K had been asked for: artifacts know nothing of how it came about.
    expect(plan.nodes).toEqual((await planning.plan({ ...input, k: 4 })).nodes);

    expect(await planning.faultsAt({ ...input, minMembers: 5 })).toEqual(['minMembers']);
    planning.trainers = [];
    expect((await planning.plan(input)).basis.settings.k).toBe(3);
    planning.trainers = Array.from({ length: 40 }, () => there(3600));
    expect((await planning.plan(input)).basis.settings.k).toBe(15);
  });

  it('has no refiner where none is wanted, and maps all the same; few images are enough then', async () => {
    const plan = await planning.plan({ dataset: 'tiny', k: 2, batchSize: 4, refiner: false });
    expect(refinersOf(plan)).toEqual([]);
    const refined = await planning.plan({ dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    expect(nodeOf(plan, 'maps')).toEqual(nodeOf(refined, 'maps'));
  });

  it('with MC Dropout has one network per role, and specifications of its own', async () => {
    const sizes = { batchSize: 4, refiner: { batchSize: 2 } };
    const input = { dataset: 'tiny', seed: 5, uncertainty: 'dropout', ...sizes };
    const plan = await planning.plan({ ...input, dropout: { rate: 0.2 } });
    expect(plan.basis.settings).toMatchObject({
      k: 1,
      dropout: { rate: 0.2, passes: 256, refinerPasses: 16 },
    });
    const [ndm, udm] = membersOf(plan);
    expect(membersOf(plan).map((node) => [node.id, specOf(node).dropout])).toEqual([
      ['member ndm 0', 0.2],
      ['member udm 0', 0.2],
    ]);
    const seed = seedOf(5, 'dropout', 0);
    expect(nodeOf(plan, 'maps').spec).toMatchObject({
      ndm: [ndm!.key],
      udm: [udm!.key],
      dropout: { rate: 0.2, passes: 256, seed },
    });
    for (const { spec } of refinersOf(plan)) {
      expect(spec).toMatchObject({ ndm: [ndm!.key], dropout: { rate: 0.2, passes: 16, seed } });
    }
    // Another number of passes needs no other networks; an ensemble has none of these members, and no such field.
    const fewer = await planning.plan({ ...input, dropout: { rate: 0.2, passes: 8 } });
    expect(keysOf(fewer)).toEqual([ndm!.key, udm!.key]);
    expect(nodeOf(fewer, 'maps').key).not.toBe(nodeOf(plan, 'maps').key);
    const ensemble = await planning.plan({ dataset: 'tiny', seed: 5, ...sizes });
    expect(keysOf(ensemble)).not.toContain(ndm!.key);
    for (const id of ['member ndm 0', 'maps', 'refiner dual'])
      expect(Object.keys(specOf(nodeOf(ensemble, id)))).not.toContain('dropout');
  });

  it('gives the UDM other members where there are new unlabeled images, and leaves the NDM as it is', async () => {
    // The same normal images; of the unlabeled ones of `tiny`, 9 and 10 are new.
    const sizes = { k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const keysOn = async (dataset: string) => keysOf(await planning.plan({ dataset, ...sizes }));
    const [before, after] = [await keysOn('flat'), await keysOn('tiny')];
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    for (const key of after.slice(2)) expect(before).not.toContain(key);
  });

  it('has no maps without test images', async () => {
    const plan = await planning.plan({ dataset: 'plain', batchSize: 4, refiner: { batchSize: 2 } });
    expect(find(plan, 'maps')).toBeUndefined();
    expect(plan.nodes.map(({ id }) => id).slice(-2)).toEqual(['refiner intra', 'evaluation']);
  });

  it('plans the same artifacts whatever score is the headline, which outranks all others in the result', async () => {
    const settings = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [bare, plan] = [
      await planning.plan(settings),
      await planning.plan({ ...settings, headline: 'recEnsemble' }),
    ];
    expect(plan.nodes.map(({ key }) => key)).toEqual(bare.nodes.map(({ key }) => key));
    const has = Object.fromEntries(plan.about.definitions.map(({ name }) => [name, true]));
    expect(mainScore(plan.about.definitions, has)).toBe('recEnsemble');
    expect(mainScore(bare.about.definitions, has)).toBe('rDualTop');
  });

  it('knows which nodes are finished', async () => {
    const input = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const { kind, key, spec } = membersOf(await planning.plan(input))[1]!;
    await planning.store.put(`members/${key}/manifest.json`, JSON.stringify(manifestOf(kind, key, spec)));
    const finished = (await planning.plan(input)).nodes.flatMap((node) => (node.finished ? [node.id] : []));
    expect(finished).toEqual(['member ndm 1']);
  });
});

/** A manifest of an artifact without files, as a worker publishes it. */
function manifestOf(kind: string, key: string, spec: object, files: object = {}): object {
  const made = {
    loss: 0.5,
    seconds: 1,
    worker: 't',
    finishedAt: '2026-11-24T12:00:00.000Z',
    environment: {},
  };
  return { format: 1, kind, key, spec, files, ...made };
}

describe('a published member whose objects are missing', () => {
  it('is set aside, and planned as one that is to be trained', async () => {
    const input = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const { kind, key, spec } = membersOf(await planning.plan(input))[2]!;
    const sha256 = 'ab'.repeat(32);
    const object = `members/${key}/${sha256}`;
    const manifest = manifestOf(kind, key, spec, { weights: { object, sha256, bytes: 7 } });
    await planning.store.put(`members/${key}/manifest.json`, JSON.stringify(manifest));
    const plan = await planning.plan(input);
    const replaced = `${object}: expected 7 bytes, found none`;
    expect(membersOf(plan)[2]).toMatchObject({ key, finished: false, replaced });
    expect(membersOf(plan)[1]!.replaced).toBeUndefined();
    expect(planning.damages).toMatchObject([{ kind: 'members', key, fault: replaced }]);
    expect(await planning.store.exists(planning.damages[0]!.setAside)).toBe(true);
  });
});
