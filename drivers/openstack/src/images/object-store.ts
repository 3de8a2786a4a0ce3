import { type CallContext, ProviderError, providerErrorCode } from '@nodepool/driver-api';
import type { CloudSession } from '../session/types.js';
import type { FileRange, FileSource } from './file-source.js';

/** An object larger than this goes up in segments of this size; 5 GiB is the most that Swift takes. */
export const defaultSegmentBytes = 1024 ** 3;

export interface StoredObject {
  readonly container: string;
  readonly name: string;
}

interface Segment {
  /** `/container/name`, as a manifest names it. */
  readonly path: string;
  readonly etag: string;
  readonly size_bytes: number;
}

/** Should the removal fail, the object store removes what is only needed for minutes after a day. */
const selfDestruction = { 'x-delete-after': String(24 * 60 * 60), 'x-object-meta-x-sdk-autocreated': 'true' };

/** Puts files into the object store. Source: Swift's API v1, "Large object support". */
export class ObjectStore {
  readonly #session: CloudSession;
  readonly #segmentBytes: number;

  constructor(session: CloudSession, segmentBytes = defaultSegmentBytes) {
    this.#session = session;
    this.#segmentBytes = segmentBytes;
  }

  /** Stores a file, in segments when it is large; each segment is checked against its md5. */
  async put(file: FileSource, { container, name }: StoredObject, ctx: CallContext): Promise<void> {
    const doing = `creating container ${container}`;
    await this.#session.request('object-store', { method: 'PUT', path: path(container), idempotent: true, doing }, ctx);
    if (file.bytes <= this.#segmentBytes) {
      await this.#putRange(file, { container, name }, { start: 0, bytes: file.bytes }, ctx);
      return;
    }
    const segments: Segment[] = [];
    for (let start = 0; start < file.bytes; start += this.#segmentBytes) {
      const bytes = Math.min(this.#segmentBytes, file.bytes - start);
      const segmentName = `${name}/${String(segments.length).padStart(6, '0')}`;
      const etag = await this.#putRange(file, { container, name: segmentName }, { start, bytes }, ctx);
      segments.push({ path: `/${container}/${segmentName}`, etag, size_bytes: bytes });
    }
    await this.#putManifest({ container, name }, segments, ctx);
  }

  /** Removes an object and its segments; what is not there is not missed. */
  async remove({ container, name }: StoredObject, ctx: CallContext): Promise<void> {
    const call = { path: path(container), query: { prefix: name, format: 'json' }, idempotent: true } as const;
    const doing = `listing the objects of ${name}`;
    const { body } = await this.#session.request('object-store', { ...call, method: 'GET', doing }, ctx);
    for (const item of Array.isArray(body) ? body : []) {
      if (typeof item !== 'object' || item === null || Array.isArray(item) || typeof item['name'] !== 'string')
        continue;
      const found = item['name'];
      if (found === name || found.startsWith(`${name}/`)) await this.#removeOne({ container, name: found }, ctx);
    }
  }

  async #putRange(file: FileSource, object: StoredObject, range: FileRange, ctx: CallContext): Promise<string> {
    let md5 = '';
    const stream = file.part(range, ['md5'], (digests) => {
      md5 = digests['md5'] ?? '';
    });
    const doing = `storing object ${object.name}`;
    const headers = { 'content-type': 'application/octet-stream', ...selfDestruction };
    const call = { method: 'PUT', path: path(object.container, object.name), stream, headers, doing } as const;
    const response = await this.#session.request('object-store', call, ctx);
    const etag = response.headers['etag']?.replaceAll('"', '');
    if (etag === undefined || etag === md5) return md5;
    throw new ProviderError('transient', `${doing}: its md5 is ${etag} instead of ${md5}`);
  }

  async #putManifest({ container, name }: StoredObject, segments: readonly Segment[], ctx: CallContext): Promise<void> {
    const call = { method: 'PUT', path: path(container, name), doing: `joining the segments of ${name}` } as const;
    const body = segments.map((segment) => ({ ...segment }));
    const query = { 'multipart-manifest': 'put' };
    try {
      const joined = { ...call, body, query, headers: selfDestruction, idempotent: true };
      await this.#session.request('object-store', joined, ctx);
    } catch (error) {
      if (providerErrorCode(error) !== 'misconfigured') throw error;
      // A store without static large objects has the dynamic ones, which are joined by the prefix of their names.
      const headers = { ...selfDestruction, 'x-object-manifest': `${path(container, name).slice(1)}/` };
      await this.#session.request('object-store', { ...call, headers, idempotent: true }, ctx);
    }
  }

  async #removeOne({ container, name }: StoredObject, ctx: CallContext): Promise<void> {
    try {
      const call = { method: 'DELETE', path: path(container, name), doing: `removing object ${name}` } as const;
      await this.#session.request('object-store', call, ctx);
    } catch (error) {
      if (providerErrorCode(error) !== 'not-found') throw error;
    }
  }
}

/** A slash in the name of an object is part of its path. */
function path(container: string, name?: string): string {
  const folders = name === undefined ? [] : name.split('/');
  return `/${[container, ...folders].map(encodeURIComponent).join('/')}`;
}
