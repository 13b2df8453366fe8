import { mkdtemp } from 'node:fs/promises';
import {
  findProgram,
  freePort,
  operator,
  type RunningStore,
  startStoreServer,
} from './store-server.testing.ts';

/** A MinIO server on a free loopback port with data in a temporary folder; its binary is $DDAD_MINIO or on PATH. */
export async function startMinio(): Promise<RunningStore> {
  const binary = findProgram('DDAD_MINIO', 'minio');
  const folder = await mkdtemp('/tmp/ddad-minio-');
  const address = `127.0.0.1:${await freePort()}`;
  return await startStoreServer({
    name: 'MinIO',
    binary,
    args: ['server', folder, '--address', address, '--quiet'],
    env: {
      HOME: folder,
      MINIO_ROOT_USER: operator.accessKey,
      MINIO_ROOT_PASSWORD: operator.secretKey,
      MINIO_BROWSER: 'off',
    },
    config: { ...operator, endpoint: `http://${address}` },
    leftOvers: [folder],
  });
}
