import type { ImageEvent, ImageEventKind } from '@nodepool/model';
import { nowSec } from '@nodepool/runtime';
import type { CommandContext } from './command.js';

/** What an event is about. */
export type EventSubject = Pick<ImageEvent, 'image'> & Partial<Pick<ImageEvent, 'buildId' | 'provider' | 'uploadId'>>;

/** Notes who did something to an image, and why. What was done stands without it: never rejects. */
export async function tellHistory(
  context: CommandContext,
  kind: ImageEventKind,
  subject: EventSubject,
  text: string | null = null,
): Promise<void> {
  const { imageHistory } = await context.store();
  const { image, buildId = null, provider = null, uploadId = null } = subject;
  const event = {
    image,
    kind,
    timeSec: nowSec(context.clock),
    buildId,
    provider,
    uploadId,
    by: context.operator,
    text,
  };
  await imageHistory.append(event).catch(() => context.warn(`the history of ${image} could not be written`));
}
