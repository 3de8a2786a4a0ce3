import { type CallContext, providerErrorCode } from '@nodepool/driver-api';
import type { Clock, Random } from '@nodepool/runtime';
import { ApiError } from '../errors.js';
import { decideAfterCut, type NextStep } from './decide.js';
import type { FileSource } from './file-source.js';
import type { Glance } from './glance.js';
import type { GlanceImage } from './image.js';
import { poll } from './poll.js';

export interface SendDeps {
  readonly glance: Glance;
  readonly clock: Clock;
  readonly random: Random;
}

/** `doubtful` when the answer was lost: the image must then be proved to be whole. */
export type Sent = 'sent' | 'doubtful' | 'refused';

/** How long a cloud may take to notice that an upload was cut off, milliseconds. */
const noticeMs = 60_000;

/**
 * Sends the data of an image, again from the start where the cloud says after a cut that it has nothing.
 *
 * @param how directly, or to be imported from where they are staged.
 * @param canStage whether to return `refused` when the cloud takes no data directly.
 * @throws ProviderError of the last try.
 */
export async function sendData(
  deps: SendDeps,
  { id, file, how, canStage }: { id: string; file: FileSource; how: 'putFile' | 'stage'; canStage: boolean },
  ctx: CallContext,
): Promise<Sent> {
  for (let sent = 1; ; sent += 1) {
    try {
      await deps.glance[how](id, file.body(), ctx);
      return 'sent';
    } catch (error) {
      ctx.signal.throwIfAborted();
      switch (await nextStep(deps, { id, error, sent, canStage }, ctx)) {
        case 'verify':
          return 'doubtful';
        case 'stage':
          return 'refused';
        case 'send-again':
          ctx.log.info({ externalId: id, sent, error }, 'image data were cut off and are sent again');
          break;
        default:
          throw error;
      }
    }
  }
}

/** Asks the cloud what it made of a request that failed, until it is clear. */
async function nextStep(
  { glance, clock, random }: SendDeps,
  { id, error, sent, canStage }: { id: string; error: unknown; sent: number; canStage: boolean },
  ctx: CallContext,
): Promise<NextStep> {
  const httpStatus = error instanceof ApiError ? error.status : undefined;
  const look = async (): Promise<NextStep | undefined> => {
    const image = await existing(glance, id, ctx);
    const step = decideAfterCut({ error, httpStatus, image, sent, canStage });
    return step === 'wait' ? undefined : step;
  };
  return (await poll(look, { clock, random, signal: ctx.signal }, noticeMs)) ?? 'give-up';
}

async function existing(glance: Glance, id: string, ctx: CallContext): Promise<GlanceImage | undefined> {
  try {
    return await glance.get(id, ctx);
  } catch (error) {
    if (providerErrorCode(error) === 'not-found') return undefined;
    throw error;
  }
}
