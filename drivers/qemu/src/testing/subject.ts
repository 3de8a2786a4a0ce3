import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallContext, LaunchImage, LaunchSpec, Provider, ProviderDeps } from '@nodepool/driver-api';
import { tagKeys } from '@nodepool/driver-api';
import type { ProviderSubject } from '@nodepool/driver-api/conformance';
import { silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import { configSchema, type QemuProviderConfig } from '../config.js';
import { createProvider } from '../provider.js';

export const deps: ProviderDeps = { clock: systemClock, random: systemRandom, log: silentLogger };

export const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };

/** A configuration with one label; `keys` go over it. */
export function aConfig(stateDir: string, keys: Readonly<Record<string, unknown>> = {}): QemuProviderConfig {
  return configSchema.parse({
    name: 'here',
    driver: 'qemu',
    'state-dir': stateDir,
    accelerator: 'tcg',
    diskimages: [{ name: 'mini' }],
    pools: [{ name: 'main', 'max-servers': 4, labels: [{ name: 'small', diskimage: 'mini', memory: 96 }] }],
    ...keys,
  });
}

/** What the core asks for when it launches the label of {@link aConfig}. */
export function aSpec(config: QemuProviderConfig, nodeId: string, externalId: string): LaunchSpec {
  const { pool, label } = firstLabel(config);
  return {
    nodeId,
    hostname: `np${nodeId}`,
    pool,
    label,
    image: diskimage(config, externalId),
    az: undefined,
    tags: { [tagKeys.nodeId]: nodeId, [tagKeys.poolName]: pool.name, [tagKeys.providerName]: config.name },
  };
}

/** A provider with an uploaded image in a folder of its own. */
export async function openSubject(
  imagePath: string,
  keys: Readonly<Record<string, unknown>> = {},
): Promise<ProviderSubject & { readonly config: QemuProviderConfig; readonly externalId: string }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'np-qemu-'));
  const config = aConfig(stateDir, keys);
  const provider = createProvider(config, deps);
  const externalId = await uploadImage(provider, config, imagePath);
  return {
    ...firstLabel(config),
    config,
    externalId,
    provider,
    image: diskimage(config, externalId),
    imagePath,
    pass: (ms) => systemClock.sleep(ms),
    [Symbol.asyncDispose]: async () => {
      for (const instance of await provider.listInstances(ctx)) await endInstance(provider, instance.externalId);
      await provider.close?.();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

export async function uploadImage(provider: Provider, config: QemuProviderConfig, path: string): Promise<string> {
  const [image] = config.diskimages;
  if (provider.images === undefined || image === undefined) throw new Error('the provider takes no images');
  const spec = { imageName: 'mini', externalName: 'mini-1', path, format: 'qcow2', md5: undefined, sha256: undefined };
  return (await provider.images.upload({ ...spec, meta: {}, config: image }, ctx)).externalId;
}

/** Terminates until the instance is proved gone. */
export async function endInstance(provider: Provider, externalId: Parameters<Provider['terminate']>[0]): Promise<void> {
  for (;;) {
    const code = await provider.terminate(externalId, ctx).then(
      () => undefined,
      (error: { readonly code?: string }) => error.code,
    );
    if (code === 'not-found') return;
    await systemClock.sleep(20);
  }
}

function firstLabel(config: QemuProviderConfig): Pick<ProviderSubject, 'pool' | 'label'> {
  const [pool] = config.pools;
  const label = pool?.labels[0];
  if (pool === undefined || label === undefined) throw new Error('the configuration has no label');
  return { pool, label };
}

function diskimage(config: QemuProviderConfig, externalId: string): LaunchImage {
  const [image] = config.diskimages;
  if (image === undefined) throw new Error('the configuration has no diskimage');
  return { kind: 'diskimage', externalId, config: image, username: 'zuul' };
}
