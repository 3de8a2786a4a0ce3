import { join } from 'node:path';
import type { BuilderStatus, BuildProgress, UploadProgress } from '@nodepool/model';
import type { Decision, Reconciler } from '@nodepool/runtime';
import type { BuilderContext } from '../context.js';
import type { RunningUpload } from '../types.js';
import { buildStep } from './build-step.js';

/** Between two writes, milliseconds: whoever looks sees things move, and ZooKeeper hardly notices. */
const intervalMs = 1_000;

/** While something runs its progress is looked at this often, milliseconds. */
const lookMs = 2_000;

interface StatusView {
  readonly status: BuilderStatus;
  /** What was published last, in this session. */
  readonly published: string | undefined;
}

interface Publish {
  readonly kind: 'publish';
  readonly status: BuilderStatus;
}

/** Shows in a znode of this builder's own what it is doing, so that records need not be rewritten for it. */
export class StatusPublisher implements Reconciler<StatusView, Publish> {
  readonly name = 'status';
  readonly #context: BuilderContext;
  readonly #logUrl: string | null;
  #published: string | undefined;

  constructor(context: BuilderContext, logUrl: string | null) {
    this.#context = context;
    this.#logUrl = logUrl;
  }

  /** The znode went with its session. */
  forget(): void {
    this.#published = undefined;
  }

  async observe(): Promise<StatusView> {
    return { status: await describe(this.#context, this.#logUrl), published: this.#published };
  }

  decide({ status, published }: StatusView): Decision<Publish> {
    const isBusy = status.builds.length + status.uploads.length > 0;
    const actions: Publish[] = JSON.stringify(status) === published ? [] : [{ kind: 'publish', status }];
    return { actions, recheckAfterMs: isBusy ? lookMs : undefined };
  }

  async execute({ status }: Publish, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#context;
    await store.builderStatuses.publish(status);
    this.#published = JSON.stringify(status);
    await clock.sleep(intervalMs, signal);
  }
}

async function describe(context: BuilderContext, logUrl: string | null): Promise<BuilderStatus> {
  const { imagesDir, identity, jobs } = context;
  return {
    builderId: imagesDir.builderId,
    hostname: identity.fqdn,
    logUrl,
    builds: await Promise.all(jobs.builds.infos().flatMap((job) => describeBuild(context, job))),
    uploads: jobs.uploads.infos().flatMap((job) => describeUpload(context, job)),
  };
}

function describeBuild(
  { config }: BuilderContext,
  job: ReturnType<BuilderContext['jobs']['builds']['infos']>[number],
): readonly Promise<BuildProgress>[] {
  const { image, buildId, startedAtMs, step } = job;
  if (buildId === null) return [];
  const logPath = join(config.current().buildLogDir, `${image}-${buildId}.log`);
  const progress = async (): Promise<BuildProgress> => ({
    image,
    buildId,
    startedSec: Math.floor(startedAtMs / 1000),
    step: step ?? (await buildStep(logPath)),
  });
  return [progress()];
}

function describeUpload({ clock }: BuilderContext, job: RunningUpload): readonly UploadProgress[] {
  const { image, buildId, provider, uploadId, startedAtMs, phase, bytesSent, bytesTotal } = job;
  if (uploadId === null) return [];
  const elapsedSec = Math.max(1, (clock.now() - startedAtMs) / 1000);
  const bytesPerSec = phase === 'uploading' ? Math.round(bytesSent / elapsedSec) : 0;
  const left = Math.max(0, bytesTotal - bytesSent);
  const secondsLeft = bytesPerSec > 0 ? Math.ceil(left / bytesPerSec) : null;
  const startedSec = Math.floor(startedAtMs / 1000);
  return [{ image, buildId, provider, uploadId, startedSec, phase, bytesSent, bytesTotal, bytesPerSec, secondsLeft }];
}
