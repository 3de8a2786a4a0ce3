import { Readable } from 'node:stream';
import { errorText } from '@nodepool/runtime';
import type { FastifyReply } from 'fastify';
import { WebError } from '../../errors.js';
import type { ApiContext } from '../api-context.js';
import type { Build } from '../schemas/index.js';

/** Logs that are passed on at once: each holds a connection to a builder. */
const atOnce = 32;

/** How many of them there are. */
export interface LogStreams {
  open: number;
}

/**
 * Passes on the log of a build as its builder shows it.
 *
 * @throws WebError NP_WEB_UNREACHABLE when the builder is not running or does not answer; NP_WEB_BUSY.
 */
export async function streamBuildLog(
  { store, logStreams }: Pick<ApiContext, 'store' | 'logStreams'>,
  { name, image, id }: Build,
  { offset, follow }: { readonly offset: number; readonly follow: '0' | '1' },
  signal: AbortSignal,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (logStreams.open >= atOnce) throw new WebError('NP_WEB_BUSY', 'too many logs are read at once');
  const record = (await store.images.build({ image, buildId: id }))?.record;
  const builderId = record?.builderId ?? null;
  const logUrl = builderId === null ? null : ((await store.builderStatuses.get(builderId))?.logUrl ?? null);
  if (logUrl === null) {
    throw new WebError('NP_WEB_UNREACHABLE', `the builder of ${name} is not running, or does not show its logs`);
  }
  const query = `offset=${offset}${follow === '1' ? '&follow=1' : ''}`;
  logStreams.open += 1;
  reply.raw.once('close', () => {
    logStreams.open -= 1;
  });
  const answer = await fetch(`${logUrl}/builds/${encodeURIComponent(name)}/log?${query}`, { signal }).catch(
    (error: unknown) => {
      throw new WebError('NP_WEB_UNREACHABLE', `the builder of ${name} does not answer: ${errorText(error)}`);
    },
  );
  if (!answer.ok || answer.body === null) {
    throw new WebError('NP_WEB_UNREACHABLE', `the builder of ${name} has no log of it`);
  }
  const body = Readable.fromWeb(answer.body);
  return await reply.type('text/plain; charset=utf-8').header('x-content-type-options', 'nosniff').send(body);
}
