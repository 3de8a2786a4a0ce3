import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageStore, type ImageUploadSpec, tagKeys } from '@nodepool/driver-api';
import { type Clock, systemClock } from '@nodepool/runtime';
import { recordLog, seededRandom } from '@nodepool/runtime/testing';
import { openCloudSession } from '../../session/cloud-session.js';
import type { CloudSession } from '../../session/types.js';
import { createImageStore } from '../image-store.js';
import type { ImageSettings } from '../settings.js';
import { ImageCloud } from './image-cloud.js';

export interface Images extends AsyncDisposable {
  readonly cloud: ImageCloud;
  readonly store: ImageStore;
  readonly session: CloudSession;
  readonly log: ReturnType<typeof recordLog>;
  /** An image file of random bytes. */
  readonly path: string;
  /** The upload that a builder would ask for. */
  spec(change?: Partial<ImageUploadSpec>): ImageUploadSpec;
  upload(change?: Partial<ImageUploadSpec>, signal?: AbortSignal): ReturnType<ImageStore['upload']>;
}

export interface ImagesOptions {
  /** Keys of the entry of clouds.yaml. */
  readonly profile?: object;
  readonly settings?: Partial<ImageSettings>;
  readonly bytes?: number;
}

/** Pauses take no time; what is longer is a deadline, and holds. */
const hurriedClock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms <= 10_000 ? 1 : ms, signal),
};

/** The image store of a provider `local` whose cloud is an {@link ImageCloud}. */
export async function openImages({
  profile = {},
  settings = {},
  bytes = 3_000_000,
}: ImagesOptions = {}): Promise<Images> {
  const cloud = await ImageCloud.start();
  const directory = await mkdtemp(join(tmpdir(), 'np-images-'));
  const file = join(directory, 'clouds.yaml');
  await writeFile(file, JSON.stringify({ clouds: { local: { ...cloud.profile, ...profile } } }), { mode: 0o600 });
  const path = join(directory, 'debian-b1.qcow2');
  await writeFile(path, randomBytes(bytes));
  const log = recordLog();
  const deps = { clock: hurriedClock, random: seededRandom(1), log };
  const places = { env: { OS_CLIENT_CONFIG_FILE: file }, cwd: directory, home: directory };
  const session = openCloudSession({ cloud: 'local', regionName: undefined }, deps, places);
  const store = createImageStore(
    session,
    { imageImportMethod: undefined, imageImportUrl: undefined, cleanImages: false, ...settings },
    deps,
  );
  const spec = (change: Partial<ImageUploadSpec> = {}): ImageUploadSpec => ({
    imageName: 'debian',
    externalName: 'debian-1700000000',
    path,
    format: store.format,
    md5: undefined,
    sha256: undefined,
    meta: {
      [tagKeys.buildId]: 'b1',
      [tagKeys.uploadId]: '0000000001',
      [tagKeys.providerName]: 'local',
    },
    config: {
      name: 'debian',
      pause: false,
      meta: {},
      configDrive: undefined,
      connectionType: 'ssh',
      connectionPort: 22,
    },
    ...change,
  });
  return {
    cloud,
    store,
    session,
    log,
    path,
    spec,
    upload: (change, signal = new AbortController().signal) => store.upload(spec(change), { signal, log }),
    [Symbol.asyncDispose]: async () => {
      await session.close();
      await cloud[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}
