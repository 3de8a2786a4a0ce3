import { X509Certificate } from 'node:crypto';
import type { Config, ZooKeeperConfig } from '@nodepool/config';
import { type Check, expiryCheck, judge } from './check.js';
import { ensembleChecks } from './ensemble.js';
import type { Machine } from './machine.js';
import { type Clouds, providerChecks, secretCheck } from './providers.js';

const oldestNode = [22, 12] as const;
/** Everything that the machine can be asked about for this configuration. */
export async function checkMachine(
  machine: Machine,
  clouds: Clouds,
  config: Config,
  { secure, nowMs }: { readonly secure: string | undefined; readonly nowMs: number },
): Promise<readonly Check[]> {
  const secrets = [secure, config.zookeeper.tls?.key, config.webapp.tls?.key].filter((path) => path !== undefined);
  const checks = await Promise.all([
    [nodeCheck(machine)],
    config.diskimages.size > 0 ? builderChecks(machine, config) : [],
    [...config.providers.values()].some(({ driver }) => driver === 'qemu') ? [kvmCheck(machine)] : [],
    serverChecks(machine, config.zookeeper),
    tlsChecks(machine, config.zookeeper, nowMs),
    secrets.map((path) => secretCheck(machine, path)),
    providerChecks(machine, clouds, config),
  ]);
  return await Promise.all(checks.flat());
}

function nodeCheck({ nodeVersion }: Machine): Check {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const isNew = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return judge('node', isNew, nodeVersion, `${nodeVersion} is too old: install ${oldestNode.join('.')} or later`);
}

async function builderChecks(machine: Machine, config: Config): Promise<readonly Check[]> {
  const commands = [...new Set([...config.diskimages.values()].map(({ dibCmd }) => dibCmd.split(' ')[0] ?? ''))];
  const isRoot = machine.succeeds('sudo', ['-n', 'true']);
  const found = await Promise.all(commands.map((command) => machine.succeeds('which', [command])));
  return [
    ...commands.map((command, index) => judge(command, found[index] === true, 'found', 'not found: builds will fail')),
    judge('sudo', await isRoot, 'works without a password', 'asks for a password: disk-image-create cannot mount'),
    judge('loop devices', (await machine.modeOf('/dev/loop-control')) !== undefined, 'there', 'none: load module loop'),
    await diskCheck(machine, config),
  ];
}

async function diskCheck(machine: Machine, { imagesDir, imagesDirMinFreeMiB }: Config): Promise<Check> {
  if (imagesDir === undefined) return { check: 'images-dir', state: 'error', detail: 'not configured' };
  const freeMiB = await machine.freeMiB(imagesDir);
  if (freeMiB === undefined) return { check: 'images-dir', state: 'error', detail: `${imagesDir} cannot be read` };
  const free = `${Math.floor(freeMiB)} MiB free in ${imagesDir}`;
  return judge('images-dir', freeMiB >= imagesDirMinFreeMiB, free, `${free}, a build needs ${imagesDirMinFreeMiB}`);
}

async function kvmCheck(machine: Machine): Promise<Check> {
  const isUsable = await machine.isWritable('/dev/kvm');
  return judge('kvm', isUsable, 'usable', '/dev/kvm cannot be used: machines run many times slower', 'warning');
}

async function serverChecks(machine: Machine, { servers, tls }: ZooKeeperConfig): Promise<readonly Check[]> {
  const statuses = await Promise.all(
    servers.map(async (server) => {
      const colon = server.lastIndexOf(':');
      const host = server.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
      return { server, answer: await machine.serverStatus(host, Number(server.slice(colon + 1)), tls) };
    }),
  );
  return ensembleChecks(statuses);
}

async function tlsChecks(machine: Machine, { tls }: ZooKeeperConfig, nowMs: number): Promise<readonly Check[]> {
  if (tls === undefined) return [];
  return await Promise.all([tls.cert, tls.ca].map((path) => certificateCheck(machine, path, nowMs)));
}

async function certificateCheck(machine: Machine, path: string, nowMs: number): Promise<Check> {
  const data = await machine.read(path);
  if (data === undefined) return { check: path, state: 'error', detail: 'cannot be read' };
  const endMs = Date.parse(endOf(data) ?? '');
  if (Number.isNaN(endMs)) return { check: path, state: 'error', detail: 'holds no certificate' };
  return expiryCheck(path, endMs, nowMs);
}

function endOf(data: Buffer): string | undefined {
  try {
    return new X509Certificate(data).validTo;
  } catch {
    return undefined;
  }
}
