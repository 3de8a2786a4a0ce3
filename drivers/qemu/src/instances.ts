import { hostname } from 'node:os';
import {
  type CallContext,
  type Instance,
  type LaunchProgress,
  type ProviderDeps,
  ProviderError,
} from '@nodepool/driver-api';
import { deadline, isAlive } from '@nodepool/runtime';
import { addressOnBridge } from './addresses.js';
import type { QemuProviderConfig } from './config.js';
import { isId, removeFolder } from './files.js';
import {
  type InstanceFiles,
  type InstanceRecord,
  instanceFiles,
  listRecords,
  readInstance,
  readTail,
  runningProcess,
} from './instance-store.js';
import { kill } from './qemu-process.js';
import { quit } from './qmp.js';

/** How long qemu may take to end when asked, before it is killed. */
const quitTimeoutMs = 2_000;

/** As much of a console as fits into a log line that somebody will read. */
const consoleBytes = 64 * 1024;
const failureBytes = 2_000;

/** What a look at an instance that was launched shows. */
export async function observe(
  instances: string,
  id: string,
  config: QemuProviderConfig,
  deps: ProviderDeps,
  signal: AbortSignal,
): Promise<LaunchProgress> {
  const files = instanceFiles(instances, id);
  const record = await readInstance(files);
  if (record === undefined) throw new ProviderError('launch-failed', `${id} is gone`);
  if ((await runningProcess(files, record)) === undefined) {
    throw new ProviderError('launch-failed', `${id} has ended: ${await lastWords(files)}`);
  }
  const port = record.started?.port ?? null;
  const address = await addressOf(record, config, deps, signal);
  if (address === undefined) return { state: 'pending' };
  return {
    state: 'running',
    instance: {
      externalId: id,
      interfaceIp: address,
      publicIpv4: address,
      privateIpv4: null,
      publicIpv6: null,
      cloud: null,
      region: null,
      az: null,
      hostId: hostname(),
      driverData: null,
      slot: null,
      ...(port === null ? {} : { connectionPort: port }),
      attributes: { accelerator: record.accelerator },
    },
  };
}

async function addressOf(
  record: InstanceRecord,
  { bridge }: QemuProviderConfig,
  deps: ProviderDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  // The record says how the machine was started; the configuration may have changed since.
  if (record.started !== null && record.started.port !== null) return '127.0.0.1';
  return bridge === undefined ? undefined : await addressOnBridge(bridge, record.mac, { clock: deps.clock, signal });
}

async function lastWords(files: InstanceFiles): Promise<string> {
  const [log, console] = await Promise.all([readTail(files.log, failureBytes), readTail(files.console, failureBytes)]);
  return [log.trim(), console.trim()].filter((text) => text !== '').join('\n') || 'nothing was said';
}

/** What the machine has written to its console, the latest part; undefined when there is no such instance. */
export async function readConsole(instances: string, id: string): Promise<string | undefined> {
  const files = instanceFiles(instances, id);
  if ((await readInstance(files)) === undefined) return undefined;
  return await readTail(files.console, consoleBytes);
}

/**
 * Ends a machine and removes its folder, which stays while the process does.
 *
 * @throws ProviderError `not-found` when there is no such instance.
 */
export async function destroy(instances: string, id: unknown, deps: ProviderDeps, ctx: CallContext): Promise<void> {
  const files = isId(id) ? instanceFiles(instances, id) : undefined;
  const record = files === undefined ? undefined : await readInstance(files);
  if (files === undefined || record === undefined) {
    throw new ProviderError('not-found', `there is no instance ${JSON.stringify(id)}`);
  }
  const process = await runningProcess(files, record);
  if (process !== undefined) {
    using limit = deadline(deps.clock, quitTimeoutMs, ctx.signal);
    // Nothing in the machine is worth saving, but only a process that is asked says when it is done.
    await quit(files.monitor, limit.signal).catch(() => kill(process));
    if (await isAlive(process)) {
      await kill(process);
      return;
    }
  }
  await removeFolder(files.folder, deps.random.hexId());
}

/** Every instance in the state folder, those that have ended included. */
export async function list(instances: string, deps: ProviderDeps): Promise<readonly Instance[]> {
  const found = await listRecords(instances, deps);
  return await Promise.all(
    found.map(async ({ files, record }) => {
      const running = (await runningProcess(files, record)) !== undefined;
      return {
        externalId: record.id,
        tags: record.tags,
        status: running ? 'running' : 'stopped',
        // What has ended holds no memory and no processor.
        resources: running ? record.resources : { instances: 1 },
      };
    }),
  );
}
