import { X509Certificate } from 'node:crypto';
import type { Config, ZooKeeperConfig } from '@nodepool/config';
import type { Machine } from './machine.js';

/** The outcome of one check. */
export interface Check {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'error';
  /** What was found, and what to do about it. */
  readonly detail: string;
}

const oldestNode = [22, 12] as const;
/** Time to order a new certificate, milliseconds. */
const renewalMs = 14 * 86_400_000;

/** Everything that the machine can be asked about for this configuration. */
export async function checkMachine(
  machine: Machine,
  config: Config,
  { secure, nowMs }: { readonly secure: string | undefined; readonly nowMs: number },
): Promise<readonly Check[]> {
  const checks = await Promise.all([
    [nodeCheck(machine)],
    config.diskimages.size > 0 ? builderChecks(machine, config) : [],
    [...config.providers.values()].some(({ driver }) => driver === 'qemu') ? [kvmCheck(machine)] : [],
    serverChecks(machine, config.zookeeper),
    tlsChecks(machine, config.zookeeper, nowMs),
    secretChecks(machine, [secure, config.zookeeper.tls?.key, config.webapp.tls?.key]),
  ]);
  return await Promise.all(checks.flat());
}

function judge(
  check: string,
  isFine: boolean,
  fine: string,
  wrong: string,
  state: 'warning' | 'error' = 'error',
): Check {
  return isFine ? { check, state: 'ok', detail: fine } : { check, state, detail: wrong };
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

async function serverChecks(machine: Machine, { servers }: ZooKeeperConfig): Promise<readonly Check[]> {
  return await Promise.all(
    servers.map(async (server) => {
      const colon = server.lastIndexOf(':');
      const host = server.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
      const isThere = await machine.isReachable(host, Number(server.slice(colon + 1)));
      return judge(`zookeeper ${server}`, isThere, 'listens', 'cannot be reached');
    }),
  );
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
  const day = new Date(endMs).toISOString().slice(0, 10);
  const state = endMs < nowMs ? 'error' : 'warning';
  return judge(path, endMs - nowMs > renewalMs, `valid until ${day}`, `valid until ${day}: renew it`, state);
}

function endOf(data: Buffer): string | undefined {
  try {
    return new X509Certificate(data).validTo;
  } catch {
    return undefined;
  }
}

async function secretChecks(machine: Machine, paths: readonly (string | undefined)[]): Promise<readonly Check[]> {
  const checks = paths.map(async (path): Promise<readonly Check[]> => {
    if (path === undefined) return [];
    const mode = await machine.modeOf(path);
    if (mode === undefined) return [{ check: path, state: 'error', detail: 'cannot be read' }];
    return [judge(path, (mode & 0o007) === 0, 'closed to others', 'open to every user: chmod o= it')];
  });
  return (await Promise.all(checks)).flat();
}
