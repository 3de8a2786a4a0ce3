import type { CallContext } from '@nodepool/driver-api';
import type { JsonObject } from '@nodepool/model';
import type { ApiResponse, CloudSession, StreamBody } from '../session/types.js';
import { type GlanceImage, type GlanceTask, readImage, readTask } from './image.js';
import { recordPatch } from './image-record.js';

/** How an image that was created can get its data. */
export interface CreatedImage {
  readonly image: GlanceImage;
  /** Import methods that the cloud offers; empty when it has no import. */
  readonly importMethods: readonly string[];
}

export type ImportMethod = { readonly name: 'glance-direct' } | { readonly name: 'web-download'; readonly uri: string };

/** The calls of the image service that are needed here, in its own terms. Source: OpenStack Image API v2. */
export class Glance {
  readonly #session: CloudSession;

  constructor(session: CloudSession) {
    this.#session = session;
  }

  async create(record: JsonObject, ctx: CallContext): Promise<CreatedImage> {
    const doing = `creating image ${record['name']}`;
    const response = await this.#session.request(
      'image',
      { method: 'POST', path: '/images', body: record, doing },
      ctx,
    );
    return { image: readImage(response.body, doing), importMethods: importMethodsOf(response) };
  }

  async get(id: string, ctx: CallContext): Promise<GlanceImage> {
    const call = { method: 'GET', path: imagePath(id), doing: `reading image ${id}` } as const;
    return readImage((await this.#session.request('image', call, ctx)).body, call.doing);
  }

  /** @param query filters by attribute and property, which the service applies. */
  async list(query: Readonly<Record<string, string>>, ctx: CallContext): Promise<readonly GlanceImage[]> {
    // Images are few, and pages of the default size, 25, would make many calls of a short list.
    const call = { path: '/images', query: { limit: 200, ...query }, collection: 'images', doing: 'listing images' };
    return (await this.#session.list('image', call, ctx)).map((item) => readImage(item, call.doing));
  }

  /** Sends the data; the image is `saving` meanwhile, and `active` when they have arrived. */
  async putFile(id: string, stream: StreamBody, ctx: CallContext): Promise<void> {
    await this.#put(id, 'file', stream, ctx);
  }

  /** Sends the data to where {@link Glance.import} takes them from; the image is `uploading` from then on. */
  async stage(id: string, stream: StreamBody, ctx: CallContext): Promise<void> {
    await this.#put(id, 'stage', stream, ctx);
  }

  async import(id: string, method: ImportMethod, ctx: CallContext): Promise<void> {
    const call = { method: 'POST', path: `${imagePath(id)}/import`, body: { method: { ...method } } } as const;
    await this.#session.request('image', { ...call, doing: `importing image ${id}` }, ctx);
  }

  /** Tasks that concern an image, the newest last; empty where the service does not tell. */
  async importTasks(id: string, ctx: CallContext): Promise<readonly GlanceTask[]> {
    const call = { path: `${imagePath(id)}/tasks`, collection: 'tasks', doing: `reading the tasks of image ${id}` };
    return (await this.#session.list('image', call, ctx)).map((item) => readTask(item, call.doing));
  }

  async update(id: string, record: JsonObject, ctx: CallContext): Promise<GlanceImage> {
    const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
    const doing = `setting properties of image ${id}`;
    const call = {
      method: 'PATCH',
      path: imagePath(id),
      body: recordPatch(record),
      headers,
      idempotent: true,
      doing,
    } as const;
    return readImage((await this.#session.request('image', call, ctx)).body, doing);
  }

  async remove(id: string, ctx: CallContext): Promise<void> {
    const call = { method: 'DELETE', path: imagePath(id), doing: `removing image ${id}` } as const;
    await this.#session.request('image', call, ctx);
  }

  async startImport(importFrom: string, name: string, ctx: CallContext): Promise<GlanceTask> {
    const input = { import_from: importFrom, image_properties: { name } };
    const doing = `importing image ${name}`;
    const call = { method: 'POST', path: '/tasks', body: { type: 'import', input }, doing } as const;
    return readTask((await this.#session.request('image', call, ctx)).body, doing);
  }

  async task(id: string, ctx: CallContext): Promise<GlanceTask> {
    const call = { method: 'GET', path: `/tasks/${encodeURIComponent(id)}`, doing: `reading task ${id}` } as const;
    return readTask((await this.#session.request('image', call, ctx)).body, call.doing);
  }

  async #put(id: string, what: 'file' | 'stage', stream: StreamBody, ctx: CallContext): Promise<void> {
    // The size lets the service reserve space, and refuse at once what is too large.
    const size = stream.length === undefined ? {} : { 'x-openstack-image-size': String(stream.length) };
    const headers = { 'content-type': 'application/octet-stream', ...size };
    const call = { method: 'PUT', path: `${imagePath(id)}/${what}`, stream, headers } as const;
    await this.#session.request('image', { ...call, doing: `sending the data of image ${id}` }, ctx);
  }
}

function imagePath(id: string): string {
  return `/images/${encodeURIComponent(id)}`;
}

function importMethodsOf({ headers }: ApiResponse): readonly string[] {
  const offered = headers['openstack-image-import-methods'] ?? '';
  return offered
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
