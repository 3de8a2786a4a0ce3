import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { endServer, type LocalAnswer, listen, sendAnswer, urlOf } from '../../testing/local-http.js';
import { grantToken, isSignIn, localProfile, versionDocument } from '../../testing/local-identity.js';
import { answerImageCall, beginUpload } from './image-routes.js';
import { type ImageCloudState, imageCloudState } from './image-state.js';
import { answerObjectCall } from './object-routes.js';

/** A request as the services see it. Data are counted and hashed as they come, never kept. */
export interface ImageCloudRequest {
  readonly service: 'image' | 'object-store';
  readonly method: string;
  /** Below the versioned root. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Parsed JSON; null for data. */
  readonly body: unknown;
  readonly data: ReceivedData;
}

export interface ReceivedData {
  readonly bytes: number;
  readonly md5: string;
  readonly sha512: string;
}

type Received = Pick<ImageCloudRequest, 'body' | 'data'>;

/** What happens to one request instead of what should. */
export interface Mishap {
  /** The request is answered at once, or after so many bytes of its data. */
  readonly answer?: LocalAnswer;
  readonly afterBytes?: number;
  /** The connection is cut: before the service has all data, or instead of its answer. */
  readonly cut?: 'early' | 'late';
  /** Runs before anything else: another hand at work. */
  readonly meanwhile?: (state: ImageCloudState) => void;
}

interface Planned {
  readonly what: RegExp;
  readonly mishap: Mishap;
}

const roots = { image: '/image/v2', 'object-store': '/object-store/v1/AUTH_1' } as const;

/**
 * Identity, image service and object store on loopback, as far as images need them, following the published references
 * of Identity v3, Image v2 and Object Storage v1: for what a real cloud cannot be made to do.
 */
export class ImageCloud implements AsyncDisposable {
  readonly state: ImageCloudState = imageCloudState();
  /** `METHOD /path` of every request to image service and object store. */
  readonly calls: string[] = [];
  tokens = 0;
  readonly #planned: Planned[] = [];
  readonly #server: Server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });

  static async start(): Promise<ImageCloud> {
    const cloud = new ImageCloud();
    await listen(cloud.#server);
    return cloud;
  }

  get url(): string {
    return urlOf(this.#server);
  }

  /** The entry of clouds.yaml that leads here. */
  get profile(): object {
    return localProfile(this.url);
  }

  /** Plans a mishap for the next request of that method and path, `*` standing for an id. */
  planNext(what: string, mishap: Mishap): void {
    this.#planned.push({ what: new RegExp(`^${what.replaceAll('*', '[^/]+')}$`), mishap });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endServer(this.#server);
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', this.url);
    const method = incoming.method ?? 'GET';
    const service = (['image', 'object-store'] as const).find((name) => url.pathname.startsWith(`${roots[name]}/`));
    if (service === undefined) return sendAnswer(response, this.#introduce(url.pathname, method));
    const path = decodeURIComponent(url.pathname.slice(roots[service].length));
    this.calls.push(`${method} ${path}`);
    const index = this.#planned.findIndex(({ what }) => what.test(`${method} ${path}`));
    const [planned] = index < 0 ? [] : this.#planned.splice(index, 1);
    const { mishap = {} } = planned ?? {};
    mishap.meanwhile?.(this.state);
    const endUpload = service === 'image' ? beginUpload(this.state, method, path) : () => undefined;
    const endsEarly = mishap.answer !== undefined || mishap.cut === 'early';
    const received = await receive(incoming, endsEarly ? (mishap.afterBytes ?? 0) : Number.POSITIVE_INFINITY);
    if (mishap.cut === 'early') {
      endUpload();
      return void response.destroy();
    }
    if (mishap.answer !== undefined) {
      endUpload();
      sendAnswer(response, mishap.answer);
      // As services do that have not read everything: the client finds its connection closed.
      response.on('finish', () => incoming.socket.destroySoon());
      return;
    }
    const request = { service, method, path, query: url.searchParams, headers: incoming.headers, ...received };
    const answer = service === 'image' ? answerImageCall(this.state, request) : answerObjectCall(this.state, request);
    if (mishap.cut === 'late') return void response.destroy();
    sendAnswer(response, answer);
  }

  /** Tokens and versions. */
  #introduce(pathname: string, method: string): LocalAnswer {
    if (isSignIn(method, pathname)) return this.#token();
    const id = pathname.startsWith('/identity') ? 'v3.14' : pathname.startsWith('/image') ? 'v2.15' : 'v1.0';
    return versionDocument(this.url + pathname, id);
  }

  #token(): LocalAnswer {
    this.tokens += 1;
    const services = Object.entries(roots).map(([type, root]) => ({ type, root }));
    return grantToken(this.url, `token-${this.tokens}`, services);
  }
}

/** Reads a request, or stops reading when so many bytes have come. */
async function receive(incoming: IncomingMessage, limit: number): Promise<Received> {
  const isJson = /json/.test(incoming.headers['content-type'] ?? '');
  const [md5, sha512] = [createHash('md5'), createHash('sha512')];
  const texts: Buffer[] = [];
  let bytes = 0;
  if (limit > 0) {
    await new Promise<void>((resolve, reject) => {
      incoming.on('data', (piece: Buffer) => {
        bytes += piece.length;
        md5.update(piece);
        sha512.update(piece);
        if (isJson) texts.push(piece);
        if (bytes < limit) return;
        incoming.pause();
        resolve();
      });
      incoming.on('end', resolve);
      incoming.on('error', reject);
    });
  }
  const body: unknown = texts.length === 0 ? null : JSON.parse(Buffer.concat(texts).toString());
  return { body, data: { bytes, md5: md5.digest('hex'), sha512: sha512.digest('hex') } };
}
