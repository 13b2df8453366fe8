import { createHmac } from 'node:crypto';
import { join } from 'node:path';

/** What a SeaweedFS server keeps in its folder. */
export const seaweedfsFiles = {
  data: 'data',
  /** Who may do what: `seaweedfsUsers`. */
  users: 's3.json',
  /** Key and certificate that its parts show each other: `selfSigned`. */
  parts: 'parts.pem',
  /** Where its names lie: `filerSettings`. Looked for below its HOME. */
  filer: '.seaweedfs/filer.toml',
} as const;

/**
 * Has it keep names in SQLite. Its default, LevelDB, never writes again after its disk was full once, until it is started anew:
 * the journal's writer keeps its first error.
 */
export function filerSettings(folder: string): string {
  return `[sqlite]\nenabled = true\ndbFile = "${join(folder, seaweedfsFiles.data, 'names.db')}"\n`;
}

/** Ports that its parts take beside that of S3, in this order. */
const parts = [
  'master.port',
  'master.port.grpc',
  'volume.port',
  'volume.port.grpc',
  'filer.port',
  'filer.port.grpc',
  's3.port.grpc',
] as const;
export const seaweedfsPartPorts = parts.length;

export interface SeaweedfsPlaces {
  /** Absolute; holds `seaweedfsFiles`. */
  folder: string;
  /** Where it speaks S3, on loopback. */
  s3Port: number;
  /** So many as `seaweedfsPartPorts`, all different. */
  partPorts: readonly number[];
  /** Nobody but its operator knows it: keys of the parts follow from it. */
  secret: string;
}

/**
 * How a SeaweedFS server (`weed`) is started as one process on loopback, so that it does what an S3 store has to do here and
 * nobody gets past its users: of its parts only S3 answers who has no certificate of theirs.
 * @returns arguments, and what its environment must have
 */
export function seaweedfsProgram({ folder, s3Port, partPorts, secret }: SeaweedfsPlaces): {
  args: string[];
  env: Record<string, string>;
} {
  if (partPorts.length !== parts.length) {
    throw new RangeError(`expected ${parts.length} ports for SeaweedFS's parts, got ${partPorts.length}`);
  }
  const key = (purpose: string) => createHmac('sha256', secret).update(purpose).digest('hex');
  const pem = join(folder, seaweedfsFiles.parts);
  const shown = ['MASTER', 'VOLUME', 'FILER', 'S3', 'CLIENT'].flatMap((part) => [
    [`WEED_GRPC_${part}_CERT`, pem],
    [`WEED_GRPC_${part}_KEY`, pem],
  ]);
  return {
    args: [
      ...['-logtostderr=true', 'server', `-dir=${join(folder, seaweedfsFiles.data)}`],
      ...['-ip=127.0.0.1', '-ip.bind=127.0.0.1', '-master.telemetry=false'],
      ...parts.map((part, index) => `-${part}=${partPorts[index]}`),
      ...['-filer', '-s3', `-s3.port=${s3Port}`, '-s3.port.iceberg=0', '-s3.port.lance=0'],
      `-s3.config=${join(folder, seaweedfsFiles.users)}`,
      // Users come from the file alone, and the parts' plain HTTP, which knows none, is off.
      ...['-s3.iam=false', '-disableHttp'],
      // As other S3 stores: a bucket is made by who asks for one, and goes only when it is empty.
      ...['-s3.autoCreateBucket=false', '-s3.allowDeleteBucketNotEmpty=false'],
      // Who loses a conditional PUT looks again under a lock that is asked for once a second: of 64 at once the last one
      // would hear of it after 20 s. Two at a time never wait for each other's.
      '-s3.concurrentFileUploadLimit=2',
      // One that stands still in the middle of its upload must not keep those two places for long.
      '-s3.idleTimeout=20',
      // Volumes of 1 GiB are made as they are needed, up to 10 TiB.
      ...['-volume.max=10000', '-master.volumeSizeLimitMB=1024', '-volume.preStopSeconds=0'],
      // It has nobody to wait for: after a kill it would be away for 10 s more.
      '-master.electionTimeout=1s',
    ],
    env: {
      WEED_MASTER_VOLUME_GROWTH_COPY_1: '2',
      WEED_GRPC_CA: pem,
      ...Object.fromEntries(shown),
      WEED_JWT_SIGNING_KEY: key('write volumes'),
      WEED_JWT_SIGNING_READ_KEY: key('read volumes'),
      WEED_JWT_FILER_SIGNING_KEY: key('write files'),
      WEED_JWT_FILER_SIGNING_READ_KEY: key('read files'),
    },
  };
}

/** Sockets that its parts leave in /tmp when it is killed. */
export function seaweedfsSockets(partPorts: readonly number[]): string[] {
  return ['master', 'volume', 'filer', 's3'].flatMap((part) =>
    partPorts.flatMap((port) => [
      `/tmp/seaweedfs-${part}-grpc-${port}.sock`,
      `/tmp/seaweedfs-${part}-${port}.sock`,
    ]),
  );
}
