import type { PoolConfig, PoolLabel } from '../config.js';
import type {
  CallContext,
  CheckContext,
  LaunchImage,
  LaunchSpec,
  LaunchTicket,
  Provider,
  RunningInstance,
} from '../driver.js';
import { externalIdText, tagKeys } from '../driver.js';

/** A provider to state the contract against, and what is needed to use it. */
export interface ProviderSubject extends AsyncDisposable {
  readonly provider: Provider;
  readonly pool: PoolConfig;
  /** A label that boots. */
  readonly label: PoolLabel;
  readonly image: LaunchImage;
  /** A file to upload, in the format that the provider takes; absent when it takes no images. */
  readonly imagePath?: string;
  /** Lets the cloud get on: sleeps, or advances the clock that the provider was given. */
  pass(ms: number): Promise<void>;
}

const checkIntervalMs = 100;

/** A spec as the core makes it. */
export function launchSpec(subject: ProviderSubject, nodeId: string, providerName = 'conformance'): LaunchSpec {
  return {
    nodeId,
    hostname: `np${nodeId}`,
    pool: subject.pool,
    label: subject.label,
    image: subject.image,
    az: undefined,
    tags: {
      [tagKeys.nodeId]: nodeId,
      [tagKeys.poolName]: subject.pool.name,
      [tagKeys.providerName]: providerName,
    },
  };
}

export function checkContext(subject: ProviderSubject, ctx: CallContext): CheckContext {
  return {
    ...ctx,
    instances: async () => {
      const list = await subject.provider.listInstances(ctx);
      return new Map(list.map((instance) => [externalIdText(instance.externalId), instance]));
    },
  };
}

/** Follows a launch to its end as the core does, each ticket going through JSON in between. */
export async function untilRunning(
  subject: ProviderSubject,
  first: LaunchTicket,
  ctx: CallContext,
  checks = 3000,
): Promise<RunningInstance> {
  let ticket: LaunchTicket = JSON.parse(JSON.stringify(first));
  for (let left = checks; left > 0; left -= 1) {
    const progress = await subject.provider.checkLaunch(ticket, checkContext(subject, ctx));
    if (progress.state === 'running') return progress.instance;
    if (progress.ticket !== undefined) ticket = JSON.parse(JSON.stringify(progress.ticket));
    await subject.pass(progress.recheckAfterMs ?? checkIntervalMs);
  }
  throw new Error(`the instance is still pending after ${checks} checks`);
}

/** Asks for deletion until the cloud says that there is nothing left. */
export async function untilGone(
  subject: ProviderSubject,
  externalId: RunningInstance['externalId'],
  ctx: CallContext,
  tries = 3000,
): Promise<number> {
  for (let asked = 1; asked <= tries; asked += 1) {
    const gone = await subject.provider.terminate(externalId, ctx).then(
      () => false,
      (error: { readonly code?: string }) => {
        if (error.code === 'not-found') return true;
        throw error;
      },
    );
    if (gone) return asked;
    await subject.pass(checkIntervalMs);
  }
  throw new Error(`the instance is still there after ${tries} deletions`);
}
