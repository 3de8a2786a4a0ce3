import type { LocalAnswer } from '../../testing/local-http.js';
import type { ImageCloudRequest, ReceivedData } from './image-cloud.js';
import type { ImageCloudState, StoredImage, StoredTask } from './image-state.js';

type Handler = (state: ImageCloudState, request: ImageCloudRequest, id: string) => LocalAnswer;

/** By method and path, `*` standing for an id. Source: OpenStack Image API v2. */
const routes: Readonly<Record<string, Handler>> = {
  'POST /images': createImage,
  'GET /images': listImages,
  'GET /images/*': (state, _request, id) => withImage(state, id, (image) => ok(lookedAt(state, image))),
  'DELETE /images/*': (state, _request, id) =>
    withImage(state, id, (image) => {
      if (image['protected'] === true) return refused(403, `Image ${id} is protected and cannot be deleted.`);
      state.images.delete(id);
      return { status: 204 };
    }),
  'PATCH /images/*': patchImage,
  'PUT /images/*/file': (state, { data }, id) =>
    withImage(state, id, (image) => {
      if (image.status !== 'saving') return refused(409, `image status transition from ${image.status} not allowed`);
      fill(state, image, data);
      return { status: 204 };
    }),
  'PUT /images/*/stage': (state, { data }, id) =>
    withImage(state, id, (image) => {
      image['staged'] = data;
      image.status = 'uploading';
      return { status: 204 };
    }),
  'POST /images/*/import': importImage,
  'GET /images/*/tasks': (state, _request, id) => ({
    status: 200,
    body: { tasks: [...state.tasks.values()].filter(({ input }) => input.import_from === id) },
  }),
  'POST /tasks': (state, { body }) => {
    const { type, input } = body as Pick<StoredTask, 'type' | 'input'>;
    const task: StoredTask = { id: nextId(state), type, input, status: 'pending', message: '', result: null };
    state.tasks.set(task.id, task);
    task['status'] = 'processing';
    pending.set(task, state.looksUntilImported);
    return { status: 201, body: task };
  },
  'GET /tasks/*': (state, _request, id) => {
    const task = state.tasks.get(id);
    return task === undefined ? refused(404, 'no such task') : ok(taskLookedAt(state, task));
  },
};

/** Looks that are left until something has ended. */
const pending = new WeakMap<object, number>();

export function answerImageCall(state: ImageCloudState, request: ImageCloudRequest): LocalAnswer {
  for (const [route, handle] of Object.entries(routes)) {
    const found = new RegExp(`^${route.replace('*', '([^/]+)')}$`).exec(`${request.method} ${request.path}`);
    if (found !== null) return handle(state, request, found[1] ?? '');
  }
  return refused(404, `there is no ${request.method} ${request.path}`);
}

/** Puts an image into the state that it has while its data come. Returns what must be called when they break off. */
export function beginUpload(state: ImageCloudState, method: string, path: string): () => void {
  const [, id = '', what] = /^\/images\/([^/]+)\/(file|stage)$/.exec(path) ?? [];
  const image = state.images.get(id);
  if (method !== 'PUT' || image?.status !== 'queued') return () => undefined;
  image.status = what === 'file' ? 'saving' : 'uploading';
  return () => {
    if (state.looksUntilCutIsNoticed === 0) image.status = 'queued';
    else pending.set(image, state.looksUntilCutIsNoticed);
  };
}

function createImage(state: ImageCloudState, { body }: ImageCloudRequest): LocalAnswer {
  const image: StoredImage = {
    ...(body as object),
    id: nextId(state),
    status: 'queued',
    size: null,
    checksum: null,
    os_hash_algo: null,
    os_hash_value: null,
  };
  state.images.set(image.id, image);
  const headers = { 'openstack-image-import-methods': state.importMethods.join(',') };
  return { status: 201, body: image, headers };
}

/** Two images to a page. */
function listImages(state: ImageCloudState, { query }: ImageCloudRequest): LocalAnswer {
  const filters = [...query].filter(([key]) => !['limit', 'marker', 'sort'].includes(key));
  const all = [...state.images.values()].filter((image) =>
    filters.every(([key, value]) => String(image[key]) === value || (key === 'owner' && image['owner'] === undefined)),
  );
  const start = all.findIndex(({ id }) => id === query.get('marker')) + 1;
  const images = all.slice(start, start + 2);
  const rest = new URLSearchParams([...query].filter(([key]) => key !== 'marker'));
  const next = all.length > start + 2 ? { next: `/v2/images?${rest}&marker=${images.at(-1)?.id}` } : {};
  return ok({ images, schema: '/v2/schemas/images', ...next });
}

function patchImage(state: ImageCloudState, { body, headers }: ImageCloudRequest, id: string): LocalAnswer {
  if (headers['content-type'] !== 'application/openstack-images-v2.1-json-patch') return refused(415, 'not a patch');
  return withImage(state, id, (image) => {
    for (const { path, value } of body as readonly { readonly path: string; readonly value: unknown }[]) {
      image[path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')] = value;
    }
    return ok(image);
  });
}

function importImage(state: ImageCloudState, { body }: ImageCloudRequest, id: string): LocalAnswer {
  const { method } = body as { readonly method: { readonly name: string; readonly uri?: string } };
  return withImage(state, id, (image) => {
    image['import_method'] = method;
    if (state.importFailure === '') {
      image.status = 'importing';
      pending.set(image, state.looksUntilImported);
    } else {
      const input = { import_from: id, image_properties: { name: '' } };
      const failed = { status: 'failure', message: state.importFailure, result: null };
      const task: StoredTask = { id: nextId(state), type: 'api_image_import', input, ...failed };
      state.tasks.set(task.id, task);
    }
    return { status: 202 };
  });
}

function lookedAt(state: ImageCloudState, image: StoredImage): StoredImage {
  const left = pending.get(image);
  if (left === undefined) return image;
  pending.set(image, left - 1);
  if (left > 0) return image;
  pending.delete(image);
  if (image.status === 'importing') fill(state, image, image['staged'] as ReceivedData | undefined);
  else image.status = 'queued';
  return image;
}

function taskLookedAt(state: ImageCloudState, task: StoredTask): StoredTask {
  const left = (pending.get(task) ?? 0) - 1;
  pending.set(task, left);
  if (left > 0 || task.status !== 'processing') return task;
  task.status = state.importFailure === '' ? 'success' : 'failure';
  task.message = state.importFailure;
  if (task.status === 'failure') return task;
  const { body } = createImage(state, { body: { ...task.input.image_properties, disk_format: 'vhd' } } as never);
  const image = body as StoredImage;
  fill(state, image, undefined);
  task.result = { image_id: image.id };
  return task;
}

/** What the cloud fetched by itself has checksums that nobody here knows. */
function fill(state: ImageCloudState, image: StoredImage, data: ReceivedData | undefined): void {
  image.status = 'active';
  image.size = data?.bytes ?? null;
  image.checksum = data?.md5 ?? null;
  image.os_hash_algo = data === undefined ? null : 'sha512';
  image.os_hash_value = data?.sha512 ?? null;
  state.lastMd5 = data?.md5 ?? '';
}

function withImage(state: ImageCloudState, id: string, use: (image: StoredImage) => LocalAnswer): LocalAnswer {
  const image = state.images.get(id);
  return image === undefined ? refused(404, `No image found with ID ${id}`) : use(image);
}

function nextId(state: ImageCloudState): string {
  state.counter += 1;
  return `id-${state.counter}`;
}

function ok(body: unknown): LocalAnswer {
  return { status: 200, body };
}

export function refused(status: number, message: string): LocalAnswer {
  return { status, body: { message, code: `${status}`, title: 'Refused' } };
}
