import type { UploadedImage } from '@nodepool/driver-api';
import { errorCode, errorText, type Logger, nowSec, traced } from '@nodepool/runtime';
import type { UploadKey } from '@nodepool/store';
import type { BuilderContext } from '../context.js';
import { BuilderError } from '../errors.js';
import { chooseGate } from '../gate/choose.js';
import { passGate } from '../gate/gate.js';
import type { GateMetrics } from '../gate/metrics.js';
import type { GateOrder } from '../gate/types.js';
import { tellWebhook } from '../gate/webhook.js';
import { slotText } from '../records.js';
import type { StartedUpload } from './order.js';

/**
 * Boots a machine from an upload, where that is configured, and tells everybody how it went.
 *
 * @throws NP_GATE_REFUSED, NP_GATE_IMPOSSIBLE: the upload must not be used.
 */
export async function validateUpload(
  context: BuilderContext,
  metrics: GateMetrics,
  order: StartedUpload,
  upload: UploadKey,
  image: UploadedImage,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { provider, diskimage, entry, build, cloud } = order;
  const choice = chooseGate(provider.config, diskimage);
  if (choice.kind === 'none') {
    if (choice.why !== undefined) log.warn({ why: choice.why }, 'used image without validating it');
    return;
  }
  const startedMs = context.clock.monotonicMs();
  const elapsedMs = (): number => context.clock.monotonicMs() - startedMs;
  context.jobs.uploads.update(slotText(upload.image, upload.buildId, upload.provider), { phase: 'validating' });
  try {
    if (choice.kind === 'impossible') throw new BuilderError('NP_GATE_IMPOSSIBLE', choice.why);
    const { gate, pool, label } = choice;
    const { externalId } = image;
    await traced(order.span, 'image gate', {}, (span) =>
      passGate(
        context,
        { gate, pool, label, provider: cloud, entry, upload, externalId, username: build.username, span },
        log,
        signal,
      ),
    );
  } catch (error) {
    const code = errorCode(error);
    if (code === 'NP_GATE_REFUSED' || code === 'NP_GATE_IMPOSSIBLE') {
      metrics.ended(upload.image, upload.provider, code === 'NP_GATE_REFUSED' ? 'refused' : 'impossible', elapsedMs());
      if (choice.kind === 'boot') await tellRefusal(context, choice.gate, upload, errorText(error), log, signal);
    }
    throw error;
  }
  metrics.ended(upload.image, upload.provider, 'passed', elapsedMs());
  log.info({ durationMs: Math.round(elapsedMs()) }, 'validated image');
  context.history.tell('gate-passed', upload);
}

async function tellRefusal(
  context: BuilderContext,
  { webhook }: GateOrder['gate'],
  upload: UploadKey,
  reason: string,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  context.history.tell('gate-refused', upload, reason);
  if (webhook === undefined) return;
  const { image, buildId, provider, uploadId } = upload;
  const { clock, random, identity } = context;
  await tellWebhook(
    webhook,
    {
      image,
      build: `${image}-${buildId}`,
      provider,
      upload: uploadId,
      reason,
      builder: identity.fqdn,
      time: nowSec(clock),
    },
    { clock, random, log, signal },
  );
}
