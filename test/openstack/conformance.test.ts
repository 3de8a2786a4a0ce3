import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallContext, type Provider, type ProviderDiskimage, tagKeys } from '@nodepool/driver-api';
import { describeProvider, type ProviderSubject } from '@nodepool/driver-api/conformance';
import { openstack } from '@nodepool/driver-openstack';
import { silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import { inject, vi } from 'vitest';

const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };

/** The provider as the contract's suite names it. */
const config = openstack.configSchema.parse({
  driver: 'openstack',
  name: 'conformance',
  cloud: 'testcloud',
  rate: 0,
  diskimages: [{ name: 'conformance' }],
  pools: [
    {
      name: 'main',
      'availability-zones': ['az1'],
      networks: ['loopback'],
      labels: [{ name: 'small', diskimage: 'conformance', 'flavor-name': 'm1.tiny' }],
    },
  ],
});

async function open(): Promise<ProviderSubject> {
  const directory = await mkdtemp(join(tmpdir(), 'np-openstack-'));
  const imagePath = join(directory, 'image.qcow2');
  // The test cloud's machines are not real, so that nothing ever reads their image.
  await writeFile(imagePath, Buffer.alloc(1024 * 1024, 'image'));
  vi.stubEnv('OS_CLIENT_CONFIG_FILE', join(inject('testCloud').dir, 'clouds.yaml'));
  const make = await openstack.load();
  const provider = make(config, { clock: systemClock, random: systemRandom, log: silentLogger });
  const [pool] = config.pools;
  const label = pool?.labels[0];
  const [diskimage] = config.diskimages;
  if (pool === undefined || label === undefined || diskimage === undefined) throw new Error('incomplete configuration');
  const externalId = await upload(provider, diskimage, imagePath);
  return {
    provider,
    pool,
    label,
    image: { kind: 'diskimage', externalId, config: diskimage, username: 'zuul' },
    imagePath,
    // Each look is a request to a cloud that shares two cores with this test.
    pass: (ms) => systemClock.sleep(Math.max(ms, 500)),
    [Symbol.asyncDispose]: async () => {
      await provider.images?.remove(externalId, ctx);
      await provider.close?.();
      vi.unstubAllEnvs();
      await rm(directory, { recursive: true });
    },
  };
}

async function upload(provider: Provider, config: ProviderDiskimage, path: string): Promise<string> {
  if (provider.images === undefined) throw new Error('the provider takes no images');
  const meta = { [tagKeys.providerName]: 'conformance' };
  const spec = {
    imageName: 'boot',
    externalName: 'conformance-boot',
    format: 'qcow2',
    md5: undefined,
    sha256: undefined,
  };
  return (await provider.images.upload({ ...spec, path, meta, config }, ctx)).externalId;
}

describeProvider('openstack', open, { timeoutMs: 180_000, images: true, quota: true });
