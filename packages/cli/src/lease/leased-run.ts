import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorText } from '@nodepool/runtime';
import type { CommandContext } from '../command.js';
import { CliError } from '../errors.js';
import { type LeaseAnswer, readLease } from './api-types.js';
import type { LeaseClient } from './client.js';
import { ansibleInventory, knownHosts, nameMachines, sshConfig } from './machine-files.js';
import { runCommand } from './run-command.js';

export interface LeasedRunOptions {
  readonly labels: readonly string[];
  readonly command: readonly string[];
  readonly ttlSec: number;
  /** How long to wait for the machines, seconds. */
  readonly waitSec: number;
  readonly provider: string | undefined;
  readonly comment: string | undefined;
  /** Path of the private key that opens the machines. */
  readonly identity: string | undefined;
}

type RunContext = Pick<CommandContext, 'clock' | 'random' | 'env' | 'signal' | 'warn'>;

/** One call waits no longer than this for machines, seconds: proxies cut what is silent for a minute. */
const longPollSec = 25;
const pauseMs = 1_000;
/** For an answer that takes no waiting, milliseconds. */
const answerMs = 15_000;
/** How long a launcher is looked for before the first has answered, and at least after that, milliseconds. */
const contactMs = 30_000;
/** How long a lease is tried to be given back, milliseconds; after that its time runs out. */
const releasePatienceMs = 10_000;
/** What the command did not end with itself. */
const failed = 1;

/**
 * Leases machines, runs a command that finds them in its environment, and gives them back whatever happens. If this
 * process is killed, they go back when the lease expires.
 *
 * @returns the exit code of the command.
 */
export async function leasedRun(context: RunContext, client: LeaseClient, options: LeasedRunOptions): Promise<number> {
  const lease = await obtain(context, client, options);
  try {
    return await runWithMachines(context, client, lease, options);
  } finally {
    await giveBack(context, client, lease.id);
  }
}

async function obtain(context: RunContext, client: LeaseClient, options: LeasedRunOptions): Promise<LeaseAnswer> {
  const { clock, random, signal } = context;
  const { labels, ttlSec, provider, comment } = options;
  const key = random.hexId();
  const giveUpMs = clock.monotonicMs() + options.waitSec * 1000;
  const leftMs = (): number => Math.max(0, giveUpMs - clock.monotonicMs());
  let lease: LeaseAnswer | undefined;
  try {
    // The first call does not wait: from then on the id is known, and whatever happens the lease can be given back.
    for (let waitSec = 0; ; waitSec = Math.min(longPollSec, Math.ceil(leftMs() / 1000))) {
      const body = { labels, ttl: ttlSec, wait: waitSec, provider, comment };
      const askedMs = clock.monotonicMs();
      const call = { method: 'POST', path: '/leases', body, key, signal } as const;
      const times = {
        answerMs: answerMs + waitSec * 1000,
        patienceMs: lease === undefined ? contactMs : Math.max(contactMs, lease.ttl * 1000),
      };
      lease = readLease(await client.call({ ...call, ...times }));
      if (lease.state === 'active') return lease;
      if (lease.state !== 'waiting') throw ended(lease);
      if (leftMs() === 0) throw tooLate(lease, options.waitSec);
      // A launcher that stops answers before its time, and must not be asked in a hurry.
      if (waitSec > 0 && clock.monotonicMs() - askedMs < pauseMs) await clock.sleep(pauseMs, signal);
    }
  } catch (error) {
    if (lease !== undefined) await giveBack(context, client, lease.id);
    throw error;
  }
}

function ended({ id, state, reason }: LeaseAnswer): CliError {
  return new CliError('NP_CLI_LEASE_FAILED', `lease ${id} is ${state}: ${reason ?? 'nobody has said why'}`);
}

function tooLate({ id }: LeaseAnswer, waitSec: number): CliError {
  return new CliError('NP_CLI_LEASE_FAILED', `the machines of lease ${id} were not ready in ${waitSec} s`);
}

async function runWithMachines(
  context: RunContext,
  client: LeaseClient,
  lease: LeaseAnswer,
  options: LeasedRunOptions,
): Promise<number> {
  const { clock, signal } = context;
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-lease-'));
  const over = new AbortController();
  const lost = new AbortController();
  const beating = beat(context, client, lease, over.signal).catch((error: unknown) => {
    if (over.signal.aborted) return;
    context.warn(`the machines are lost, the command is ended: ${errorText(error)}`);
    lost.abort();
  });
  try {
    const env = { ...context.env, ...(await writeFiles(folder, lease, options.identity)) };
    const exitCode = await runCommand(options.command, { env, clock, signal: AbortSignal.any([signal, lost.signal]) });
    return lost.signal.aborted && exitCode === 0 ? failed : exitCode;
  } finally {
    over.abort(null);
    await beating;
    await rm(folder, { recursive: true, force: true });
  }
}

/** Three signs of life in the time of the lease; a failure is tried again until that has passed. */
async function beat(
  { clock }: RunContext,
  client: LeaseClient,
  { id, ttl }: LeaseAnswer,
  signal: AbortSignal,
): Promise<void> {
  const thirdMs = (ttl * 1000) / 3;
  for (;;) {
    await clock.sleep(thirdMs, signal);
    await client.call({
      method: 'POST',
      path: `/leases/${encodeURIComponent(id)}/heartbeat`,
      answerMs: Math.min(answerMs, thirdMs),
      patienceMs: thirdMs * 2,
      signal,
    });
  }
}

/** Only its owner may read them: the paths are guessable, what is in them need not be. */
async function writeFiles(
  folder: string,
  lease: LeaseAnswer,
  identity: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  const machines = nameMachines(lease.machines);
  const paths = {
    knownHosts: join(folder, 'known_hosts'),
    sshConfig: join(folder, 'ssh_config'),
    inventory: join(folder, 'inventory.json'),
  };
  const files = [
    [paths.knownHosts, knownHosts(machines)],
    [paths.sshConfig, sshConfig(machines, { knownHosts: paths.knownHosts, identity })],
    [paths.inventory, ansibleInventory(machines, { sshConfig: paths.sshConfig, identity })],
  ] as const;
  await Promise.all(files.map(([path, text]) => writeFile(path, text, { mode: 0o600 })));
  return {
    NODEPOOL_LEASE_ID: lease.id,
    NODEPOOL_SSH_CONFIG: paths.sshConfig,
    ANSIBLE_INVENTORY: paths.inventory,
    NODEPOOL_NODES: JSON.stringify(machines.map(({ name, machine }) => ({ name, ...machine }))),
  };
}

async function giveBack({ warn }: RunContext, client: LeaseClient, id: string): Promise<void> {
  try {
    const path = `/leases/${encodeURIComponent(id)}`;
    await client.call({ method: 'DELETE', path, answerMs: releasePatienceMs, patienceMs: releasePatienceMs });
  } catch (error) {
    warn(`lease ${id} is left to expire: ${errorText(error)}`);
  }
}
