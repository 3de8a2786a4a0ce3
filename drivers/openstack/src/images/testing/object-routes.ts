import type { LocalAnswer } from '../../testing/local-http.js';
import type { ImageCloudRequest } from './image-cloud.js';
import type { ImageCloudState } from './image-state.js';

/** Source: OpenStack Object Storage API v1. */
export function answerObjectCall(state: ImageCloudState, request: ImageCloudRequest): LocalAnswer {
  const { method, path } = request;
  const key = path.slice(1);
  const isContainer = !key.includes('/');
  switch (method) {
    case 'PUT':
      return isContainer ? { status: 202 } : putObject(state, request, key);
    case 'GET':
      return isContainer ? listObjects(state, request, key) : { status: 404 };
    case 'DELETE':
      return { status: state.objects.delete(key) ? 204 : 404 };
    default:
      return { status: 405 };
  }
}

function putObject(state: ImageCloudState, request: ImageCloudRequest, key: string): LocalAnswer {
  const { query, body, data, headers } = request;
  if (query.get('multipart-manifest') === 'put') {
    if (!state.hasStaticObjects) return { status: 405 };
    const segments = body as readonly { readonly path: string; readonly etag: string; readonly size_bytes: number }[];
    const areThere = segments.every(({ path, etag, size_bytes: bytes }) => {
      const segment = state.objects.get(path.slice(1));
      return segment?.etag === etag && segment.bytes === bytes;
    });
    if (!areThere) return { status: 400 };
  }
  state.objects.set(key, { bytes: data.bytes, etag: data.md5, headers });
  return { status: 201, headers: { etag: data.md5 } };
}

function listObjects(state: ImageCloudState, { query }: ImageCloudRequest, container: string): LocalAnswer {
  const prefix = `${container}/${query.get('prefix') ?? ''}`;
  const names = [...state.objects.keys()].filter((key) => key.startsWith(prefix));
  return { status: 200, body: names.map((key) => ({ name: key.slice(container.length + 1) })) };
}
