import {
  type CallContext,
  decorateProvider,
  type ExternalId,
  externalIdText,
  type Provider,
  providerErrorCode,
  tagKeys,
} from '@nodepool/driver-api';
import { findDriver } from '@nodepool/driver-registry';
import type { Node } from '@nodepool/model';
import { deadline, errorCode, noMetrics, type RetryPolicy, retry } from '@nodepool/runtime';
import type { CommandContext } from './command.js';
import { CliError } from './errors.js';

/** As long as a launcher gives a deletion. Source: docs/compatibility/launcher.md section 9. */
const deletionTimeoutMs = 600_000;

const whileItRemains: RetryPolicy = {
  initialMs: 100,
  factor: 1.5,
  maxMs: 5_000,
  attempts: Number.POSITIVE_INFINITY,
  jitter: 0.2,
};

/** A provider that closes its connections when disposed of. */
export type OpenProvider = Provider & AsyncDisposable;

/**
 * Connects to a configured provider.
 *
 * @returns undefined when the configuration has no such provider.
 * @throws CliError `NP_CLI_PROVIDER_UNAVAILABLE` when this release lacks its driver.
 */
export async function openProvider(context: CommandContext, name: string | null): Promise<OpenProvider | undefined> {
  const { providers, unavailableProviders } = await context.config();
  const lacking = unavailableProviders.find((each) => each.name === name);
  if (lacking !== undefined) {
    throw new CliError('NP_CLI_PROVIDER_UNAVAILABLE', `provider ${lacking.name} cannot be used: ${lacking.reason}`);
  }
  const config = name === null ? undefined : providers.get(name);
  const driver = config === undefined ? undefined : findDriver(config.driver);
  if (config === undefined || driver === undefined) return undefined;
  const { clock, random } = context;
  const log = (await context.log()).child({ provider: config.name });
  const make = await driver.load();
  const provider = decorateProvider(make(config, { clock, random, log }), {
    config,
    clock,
    random,
    metrics: noMetrics,
  });
  return Object.assign(provider, { [Symbol.asyncDispose]: async () => provider.close?.() });
}

/**
 * Deletes everything that the cloud has for a node, and returns when the cloud has said that nothing is left.
 *
 * @throws ProviderError when the cloud refuses; CliError `NP_CLI_INSTANCE_REMAINS` when ten minutes were not enough.
 */
export async function removeInstances(
  context: CommandContext,
  provider: Provider,
  node: Node,
  signal: AbortSignal,
): Promise<void> {
  using limit = deadline(context.clock, deletionTimeoutMs, signal);
  const log = (await context.log()).child({ nodeId: node.id });
  const call: CallContext = { signal: limit.signal, log };
  const untilGone = async (): Promise<void> => {
    if ((await askForDeletion(provider, node, call)) > 0) throw remains(node);
  };
  try {
    await retry(
      untilGone,
      whileItRemains,
      (error) => (errorCode(error) === 'NP_CLI_INSTANCE_REMAINS' ? 0 : undefined),
      {
        clock: context.clock,
        random: context.random,
        signal: limit.signal,
      },
    );
  } catch (error) {
    throw limit.signal.aborted && !signal.aborted ? remains(node, error) : error;
  }
}

function remains(node: Node, cause?: unknown): CliError {
  const waited = `node ${node.id} still has an instance after ${deletionTimeoutMs / 60_000} minutes`;
  return new CliError('NP_CLI_INSTANCE_REMAINS', `${waited}; a launcher goes on with the deletion`, { cause });
}

/** How many of the node's instances the cloud has not yet said to be gone. */
async function askForDeletion(provider: Provider, node: Node, call: CallContext): Promise<number> {
  const listed = await provider.listInstances(call);
  const targets = new Map<string, ExternalId>(
    listed
      .filter(({ tags }) => tags[tagKeys.nodeId] === node.id && tags[tagKeys.providerName] === node.provider)
      .map(({ externalId }) => [externalIdText(externalId), externalId]),
  );
  if (node.externalId !== null) targets.set(externalIdText(node.externalId), node.externalId);
  const outcomes = await Promise.all([...targets.values()].map((id) => terminate(provider, id, call)));
  return outcomes.filter((isGone) => !isGone).length;
}

/** True when the cloud knows no such instance: the only proof of a deletion. */
async function terminate(provider: Provider, externalId: ExternalId, call: CallContext): Promise<boolean> {
  try {
    await provider.terminate(externalId, call);
    return false;
  } catch (error) {
    if (providerErrorCode(error) === 'not-found') return true;
    throw error;
  }
}
