import {
  externalIdText,
  type LaunchSpec,
  type LaunchTicket,
  type Provider,
  type ProviderDeps,
  ProviderError,
} from '@nodepool/driver-api';
import { acceleratorChooser } from './accelerator.js';
import type { QemuLabel, QemuProviderConfig } from './config.js';
import { toProviderError, translated } from './errors.js';
import { isId, layoutOf } from './files.js';
import { imageStore } from './images.js';
import { instanceFiles, readInstance, runningProcess } from './instance-store.js';
import { destroy, list, observe, readConsole } from './instances.js';
import { launchInstance, neededBy } from './launch.js';

/** Virtual machines on this machine. All that is known of them is in the state folder: nothing is kept in memory. */
export function createProvider(config: QemuProviderConfig, deps: ProviderDeps): Provider {
  const { instances } = layoutOf(config.stateDir);
  const lifetime = new AbortController();
  const chooseAccelerator = acceleratorChooser(config, deps, lifetime.signal);

  return {
    launch: (spec, ctx) =>
      translated(`launching ${spec.hostname}`, ctx.signal, async () => {
        if (!isId(spec.hostname))
          throw new ProviderError('misconfigured', `${spec.hostname} cannot be a machine's name`);
        const input = { spec, label: findLabel(config, spec), accelerator: await chooseAccelerator() };
        const ticket: LaunchTicket = { externalId: spec.hostname, data: null };
        if (await isRunning(instances, spec.hostname)) return ticket;
        await destroy(instances, spec.hostname, deps, ctx).catch(ignoreNotFound);
        try {
          if (await launchInstance(input, instances, config, deps, ctx.signal)) return ticket;
        } catch (error) {
          const unhurried = { ...ctx, signal: lifetime.signal };
          await destroy(instances, spec.hostname, deps, unhurried).catch(ignoreNotFound);
          throw error;
        }
        throw new ProviderError('transient', `another launch of ${spec.hostname} is under way`);
      }),
    checkLaunch: ({ externalId }, ctx) =>
      translated(`looking at ${externalIdText(externalId ?? '')}`, ctx.signal, async () => {
        if (isId(externalId)) return await observe(instances, externalId, config, deps, ctx.signal);
        throw new ProviderError('launch-failed', `there is no instance ${JSON.stringify(externalId)}`);
      }),
    terminate: (externalId, ctx) =>
      translated(`ending ${externalIdText(externalId)}`, ctx.signal, () => destroy(instances, externalId, deps, ctx)),
    listInstances: ({ signal }) => translated('listing instances', signal, () => list(instances, deps)),
    consoleLog: async (externalId, { signal }) =>
      isId(externalId)
        ? await translated(`reading the console of ${externalId}`, signal, () => readConsole(instances, externalId))
        : undefined,
    images: imageStore(config, deps),
    quota: {
      limits: async () => config.quota,
      needed: async (pool, label) => neededBy(labelOf(config, pool.name, label.name)),
    },
    close: async () => lifetime.abort(),
  };
}

/** Whether a launch that was cut off had come to its end: nothing is left to do then. */
async function isRunning(instances: string, id: string): Promise<boolean> {
  const files = instanceFiles(instances, id);
  const record = await readInstance(files);
  return record?.started != null && (await runningProcess(files, record)) !== undefined;
}

function findLabel(config: QemuProviderConfig, spec: LaunchSpec): QemuLabel {
  return labelOf(config, spec.pool.name, spec.label.name);
}

function labelOf(config: QemuProviderConfig, poolName: string, labelName: string): QemuLabel {
  const label = config.pools.find(({ name }) => name === poolName)?.labels.find(({ name }) => name === labelName);
  if (label !== undefined) return label;
  throw new ProviderError('misconfigured', `pool ${poolName} of ${config.name} has no label ${labelName}`);
}

function ignoreNotFound(error: unknown): void {
  const translatedError = toProviderError(error, 'clearing away');
  if (translatedError.code !== 'not-found') throw translatedError;
}
