import { parseBuildName } from '@nodepool/model';
import { deleteBuild, deleteUpload } from '@nodepool/operations';
import type { FastifyInstance } from 'fastify';
import { WebError } from '../../errors.js';
import type { ApiContext } from '../api-context.js';
import { pageOf } from '../page.js';
import { buildRoutes } from '../routes/index.js';
import type { Build } from '../schemas/index.js';
import { toBuilder } from '../views/to-builder.js';
import { streamBuildLog } from './build-log.js';

/** Calls about builds and uploads. */
export function buildCalls(server: FastifyInstance, context: ApiContext): void {
  const { add, images, operator, revisions, store } = context;
  const revision = (): string => revisions.of('images');
  const names = (image: string | undefined): readonly string[] => (image === undefined ? images.names() : [image]);
  add(
    server,
    buildRoutes.list,
    ({ query }) => {
      const builds = names(query.image).flatMap((image) => images.builds(image));
      const wanted = builds.filter(({ state }) => query.state === undefined || state === query.state);
      return pageOf(
        wanted,
        ({ name }) => name,
        query,
        (build) => build,
      );
    },
    { revision },
  );
  add(server, buildRoutes.get, ({ params: { name } }) => known(context, name), { revision });
  add(server, buildRoutes.log, async ({ params: { name }, query, signal, reply }) => {
    return await streamBuildLog(context, known(context, name), query, signal, reply);
  });
  add(server, buildRoutes.remove, async ({ params: { name }, caller, signal }) => {
    await deleteBuild(operator(caller, signal), known(context, name).name);
  });
  add(
    server,
    buildRoutes.uploads,
    ({ query }) => {
      const uploads = names(query.image).flatMap((image) => images.uploads(image));
      const wanted = uploads.filter(
        ({ state, provider }) =>
          (query.state === undefined || state === query.state) &&
          (query.provider === undefined || provider === query.provider),
      );
      const key = (upload: (typeof wanted)[number]): string =>
        [upload.image, upload.build_id, upload.provider, upload.id].join('/');
      return pageOf(wanted, key, query, (upload) => upload);
    },
    { revision },
  );
  add(server, buildRoutes.removeUpload, async ({ params: { name, provider, id }, caller, signal }) => {
    const { image, id: buildId } = known(context, name);
    await deleteUpload(operator(caller, signal), { image, buildId, provider, uploadId: id });
  });
  add(server, buildRoutes.builders, async ({ query }) =>
    pageOf(await store.builderStatuses.list(), ({ builderId }) => builderId, query, toBuilder),
  );
}

function known({ images }: ApiContext, name: string): Build {
  const image = parseBuildName(name)?.image;
  const build = image === undefined ? undefined : images.builds(image).find((one) => one.name === name);
  if (build === undefined) throw new WebError('NP_WEB_NOT_FOUND', `there is no build ${name}`);
  return build;
}
