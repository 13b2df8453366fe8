import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  filerSettings,
  seaweedfsFiles,
  seaweedfsPartPorts,
  seaweedfsProgram,
  seaweedfsSockets,
  seaweedfsUsers,
  selfSigned,
} from './seaweedfs/index.ts';
import {
  findProgram,
  freePorts,
  operator,
  type RunningStore,
  startStoreServer,
} from './store-server.testing.ts';

export interface RunningSeaweedfs extends RunningStore {
  partPorts: readonly number[];
  /** Key and certificate of its parts. */
  pem: string;
}

/**
 * A SeaweedFS server on free loopback ports with data in a temporary folder, as a local cluster starts it; its binary is
 * $DDAD_SEAWEEDFS or `weed` on PATH.
 */
export async function startSeaweedfs(): Promise<RunningSeaweedfs> {
  const binary = findProgram('DDAD_SEAWEEDFS', 'weed');
  const folder = await mkdtemp('/tmp/ddad-seaweedfs-');
  const [s3Port, ...partPorts] = await freePorts(1 + seaweedfsPartPorts);
  const { accessKey: name, secretKey } = operator;
  const mode = { mode: 0o600 };
  await mkdir(join(folder, seaweedfsFiles.data));
  const pem = selfSigned('ddad-test');
  await writeFile(join(folder, seaweedfsFiles.parts), pem, mode);
  await mkdir(dirname(join(folder, seaweedfsFiles.filer)));
  await writeFile(join(folder, seaweedfsFiles.filer), filerSettings(folder), mode);
  const { content } = seaweedfsUsers([{ name, secretKey, policy: null }]);
  await writeFile(join(folder, seaweedfsFiles.users), content, mode);
  const { args, env } = seaweedfsProgram({ folder, s3Port: s3Port!, partPorts, secret: secretKey });
  const running = await startStoreServer({
    name: 'SeaweedFS',
    binary,
    args,
    env: { ...env, HOME: folder },
    config: { ...operator, endpoint: `http://127.0.0.1:${s3Port}` },
    leftOvers: [folder, ...seaweedfsSockets(partPorts)],
  });
  return { ...running, partPorts, pem };
}
