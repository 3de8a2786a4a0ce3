import {
  pauseImage,
  type RollbackPlan,
  requestBuild,
  resumeImage,
  rollBackImage,
  unpauseImage,
} from '@nodepool/operations';
import type { FastifyInstance } from 'fastify';
import { WebError } from '../../errors.js';
import type { ApiContext } from '../api-context.js';
import { type Page, pageOf } from '../page.js';
import { imageRoutes } from '../routes/index.js';
import type { Image, ImageEvent, PageQuery, RollbackResult } from '../schemas/index.js';

/** Calls about diskimages. */
export function imageCalls(server: FastifyInstance, context: ApiContext): void {
  imageReads(server, context);
  imageChanges(server, context);
}

function imageReads(server: FastifyInstance, context: ApiContext): void {
  const { add, images, explain, revisions } = context;
  const revision = (): string => revisions.of('images', 'config');
  add(
    server,
    imageRoutes.list,
    ({ query }) =>
      pageOf(
        images.names(),
        (name) => name,
        query,
        (name) => known(context, name),
      ),
    { revision },
  );
  add(server, imageRoutes.get, ({ params: { name } }) => known(context, name), { revision });
  add(server, imageRoutes.explain, async ({ params: { name } }) => {
    known(context, name);
    return await explain('image', name);
  });
  add(server, imageRoutes.history, async ({ params: { name }, query }) => {
    known(context, name);
    return await historyPage(context, name, query);
  });
}

function imageChanges(server: FastifyInstance, context: ApiContext): void {
  const { add, operator, config } = context;
  add(server, imageRoutes.build, async ({ params: { name }, caller, signal }) => {
    known(context, name);
    await requestBuild(operator(caller, signal), config(), name);
  });
  add(server, imageRoutes.pause, async ({ params: { name }, caller, signal }) => {
    await pauseImage(operator(caller, signal), known(context, name).name);
  });
  add(server, imageRoutes.unpause, async ({ params: { name }, caller, signal }) => {
    await unpauseImage(operator(caller, signal), known(context, name).name);
  });
  add(server, imageRoutes.resume, async ({ params: { name }, caller, signal }) => {
    await resumeImage(operator(caller, signal), known(context, name).name);
  });
  add(server, imageRoutes.rollback, async ({ params: { name }, body, caller, signal }) => {
    known(context, name);
    const { provider, reason, dry_run: dryRun, force } = body;
    const plan = await rollBackImage(operator(caller, signal), name, { provider, reason, dryRun, force });
    return toResult(plan, provider === undefined);
  });
}

function known({ images }: ApiContext, name: string): Image {
  const image = images.image(name);
  if (image === undefined) throw new WebError('NP_WEB_NOT_FOUND', `there is no image ${name}`);
  return image;
}

function toResult({ retired, current }: RollbackPlan, paused: boolean): RollbackResult {
  return {
    retired_build: retired.at(-1) ?? '',
    paused,
    current: Array.from(current, ([provider, upload]) => ({ provider, build_id: upload?.buildId ?? null })),
  };
}

/** Events have no ids of their own: their place, counted from the oldest, serves; the newest come first. */
async function historyPage({ store }: ApiContext, image: string, query: PageQuery): Promise<Page<ImageEvent>> {
  const events = [...(await store.imageHistory.list(image))].reverse();
  const places = new Map(events.map((event, place) => [event, String(place).padStart(6, '0')]));
  return pageOf(
    events,
    (event) => places.get(event) ?? '',
    query,
    (event) => ({
      time: event.timeSec,
      kind: event.kind,
      build_id: event.buildId,
      provider: event.provider,
      upload_id: event.uploadId,
      by: event.by,
      text: event.text,
    }),
  );
}
