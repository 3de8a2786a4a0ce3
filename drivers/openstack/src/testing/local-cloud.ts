import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { endServer, type LocalAnswer, listen, sendAnswer, urlOf } from './local-http.js';
import { grantToken, isSignIn, localProfile, versionDocument } from './local-identity.js';
import { answerLocally, type LocalOptions, type LocalRequest } from './local-routes.js';
import { type LocalState, localState } from './local-state.js';

/** The services of {@link LocalCloud}, by the first segment of their addresses, with the roots of their versions. */
const roots: Readonly<Record<string, string>> = {
  compute: '/compute/v2.1',
  network: '/network/v2.0',
  image: '/image/v2',
  volume: '/volume/v3/project-1',
};

const catalogueTypes: Readonly<Record<string, string>> = {
  compute: 'compute',
  network: 'network',
  image: 'image',
  volume: 'block-storage',
};

interface Planned {
  readonly matches: (request: LocalRequest) => boolean;
  /** Undefined cuts the connection without an answer. */
  readonly answer: LocalAnswer | undefined;
  /** The service does what it was asked for, and only the answer is lost. */
  readonly afterwards: boolean;
}

export interface LocalCloudOptions extends Partial<LocalOptions> {
  /** Left out of the catalogue. */
  readonly without?: readonly string[];
}

/**
 * An OpenStack on loopback as far as the driver sees one, following the published references of Identity v3, Compute
 * 2.1, Networking v2.0, Block Storage v3 and Image v2. It says of each request that it got it, and can be told to fail.
 */
export class LocalCloud implements AsyncDisposable {
  readonly state: LocalState = localState();
  /** All requests but those for tokens and versions. */
  readonly requests: LocalRequest[] = [];
  /** Keystone refuses the password. */
  refuseSignIn = false;
  readonly #options: LocalOptions;
  readonly #without: readonly string[];
  readonly #planned: Planned[] = [];
  readonly #server: Server;

  private constructor({ without = [], pageSize = 1000, bootsAtOnce = false }: LocalCloudOptions) {
    this.#options = { pageSize, bootsAtOnce };
    this.#without = without;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async start(options: LocalCloudOptions = {}): Promise<LocalCloud> {
    const cloud = new LocalCloud(options);
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

  /** Answers the next request of that service, method and path (`*` for an id) in another way. */
  planNext(what: string, answer: LocalAnswer | 'cut', options: { readonly afterwards?: boolean } = {}): void {
    const [service, method, path = ''] = what.split(' ');
    const pattern = new RegExp(`^${path.replaceAll('*', '[^/]+')}$`);
    this.#planned.push({
      matches: (request) => request.service === service && request.method === method && pattern.test(request.path),
      answer: answer === 'cut' ? undefined : answer,
      afterwards: options.afterwards ?? false,
    });
  }

  /** Requests as `METHOD /path`, of one service or all. */
  calls(service?: string): readonly string[] {
    return this.requests
      .filter((request) => service === undefined || request.service === service)
      .map(({ method, path }) => `${method} ${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endServer(this.#server);
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', this.url);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString('utf8');
    const found = Object.entries(roots).find(
      ([, root]) => url.pathname.startsWith(`${root}/`) && url.pathname !== `${root}/`,
    );
    const answer =
      found === undefined
        ? this.#introduce(url, incoming.method ?? 'GET')
        : this.#answer({
            service: found[0],
            method: incoming.method ?? 'GET',
            path: url.pathname.slice(found[1].length),
            query: url.searchParams,
            body: text === '' ? {} : JSON.parse(text),
          });
    if (answer === undefined) return void response.destroy();
    sendAnswer(response, answer);
  }

  #answer(request: LocalRequest): LocalAnswer | undefined {
    this.requests.push(request);
    const index = this.#planned.findIndex(({ matches }) => matches(request));
    const [planned] = index < 0 ? [] : this.#planned.splice(index, 1);
    if (planned === undefined) return answerLocally(this.state, request, this.#options);
    if (planned.afterwards) answerLocally(this.state, request, this.#options);
    return planned.answer;
  }

  /** Tokens and versions. */
  #introduce({ pathname }: URL, method: string): LocalAnswer {
    if (isSignIn(method, pathname)) return this.#token();
    const version = (id: string, newest: string): LocalAnswer => versionDocument(this.url + pathname, id, newest);
    if (pathname.startsWith('/compute')) return version('v2.1', '2.93');
    if (pathname.startsWith('/volume')) return version('v3.0', '3.70');
    if (pathname.startsWith('/identity')) return version('v3.14', '');
    if (pathname.startsWith('/image')) return version('v2.15', '');
    return version('v2.0', '');
  }

  #token(): LocalAnswer {
    if (this.refuseSignIn)
      return {
        status: 401,
        body: { error: { code: 401, message: 'The request you have made requires authentication.' } },
      };
    const services = Object.entries(roots)
      .filter(([service]) => !this.#without.includes(service))
      .map(([service, root]) => ({ type: catalogueTypes[service] ?? service, root }));
    return grantToken(this.url, 'local-token', services);
  }
}
