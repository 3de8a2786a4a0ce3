import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeProvider, type ProviderSubject } from '@nodepool/driver-api/conformance';
import { FakeClock, recordLog, seededRandom } from '@nodepool/runtime/testing';
import { configSchema } from './config.js';
import { fake } from './index.js';

async function open(section: object, shared: boolean): Promise<ProviderSubject> {
  const directory = await mkdtemp(join(tmpdir(), 'nodepool-fake-'));
  const imagePath = join(directory, 'image.qcow2');
  await writeFile(imagePath, 'an image');
  const config = configSchema.parse({
    driver: 'fake',
    name: 'conformance',
    'cloud-images': [{ name: 'debian' }],
    pools: [{ name: 'main', labels: [{ name: 'small', 'cloud-image': 'debian', 'min-ram': 1024 }] }],
    fake: { ...section, ...(shared && { 'state-dir': join(directory, 'cloud') }) },
  });
  const clock = new FakeClock();
  const make = await fake.load();
  const [pool] = config.pools;
  const label = pool?.labels[0];
  const [image] = config.cloudImages;
  if (pool === undefined || label === undefined || image === undefined) throw new Error('incomplete configuration');
  return {
    provider: make(config, { clock, random: seededRandom(1), log: recordLog() }),
    pool,
    label,
    image: { kind: 'cloud-image', config: image },
    imagePath,
    pass: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

const slow = { 'boot-ms': { min: 500, max: 2000 }, 'delete-ms': 300 };
const capabilities = { images: true, quota: true };

describeProvider('fake, at once', () => open({}, false), capabilities);
describeProvider('fake, with latencies', () => open(slow, false), capabilities);
describeProvider('fake, on a shared directory', () => open(slow, true), capabilities);
