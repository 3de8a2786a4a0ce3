import { setTimeout as delay } from 'node:timers/promises';

/** Services of the test cloud and how far their ports are from the base. */
const ports = { identity: 0, image: 1, compute: 3, network: 4 } as const;

export type Service = keyof typeof ports;

export type Json = Readonly<Record<string, unknown>>;

interface Account {
  readonly portBase: number;
  readonly name: string;
  readonly password: string;
}

interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
}

/** A server as Nova shows it to somebody who looks. */
export interface SeenServer {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Somebody with an account in the test cloud who looks at it and changes it by hand; Nodepool does not know of them. */
export class CloudUser {
  readonly projectId: string;
  readonly userId: string;
  readonly #account: Account;
  #token: string;

  private constructor(account: Account, signedIn: SignedIn) {
    this.#account = account;
    this.#token = signedIn.token;
    this.projectId = signedIn.projectId;
    this.userId = signedIn.userId;
  }

  get token(): string {
    return this.#token;
  }

  static async signIn(account: Account): Promise<CloudUser> {
    return new CloudUser(account, await signIn(account));
  }

  /** @throws CloudAnswer when the status is not 2xx, after a few attempts where another may help. */
  async request(service: Service, method: string, path: string, body?: Json | Buffer): Promise<Json> {
    for (let attempt = 1; ; attempt += 1) {
      const { status, ok, text } = await this.#send(service, method, path, body);
      if (ok) return text === '' ? {} : (JSON.parse(text) as Json);
      if (![401, 409, 500, 503].includes(status) || attempt === 4) {
        throw new CloudAnswer(status, `${method} ${path} answered ${status}: ${text.slice(0, 300)}`);
      }
      // What a test does to tokens must not hit the one who looks.
      if (status === 401) this.#token = (await signIn(this.#account)).token;
      await delay(500);
    }
  }

  async #send(service: Service, method: string, path: string, body: Json | Buffer | undefined): Promise<Answer> {
    const isData = Buffer.isBuffer(body);
    const answer = await fetch(`${serviceUrl(this.#account.portBase, service)}${path}`, {
      method,
      headers: {
        'x-auth-token': this.#token,
        'content-type': isData ? 'application/octet-stream' : 'application/json',
        'x-openstack-nova-api-version': '2.79',
      },
      ...(body === undefined ? {} : { body: isData ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    return { status: answer.status, ok: answer.ok, text: await answer.text() };
  }

  async list<T>(service: Service, path: string, collection: string): Promise<readonly T[]> {
    return (await this.request(service, 'GET', path))[collection] as readonly T[];
  }

  servers(): Promise<readonly SeenServer[]> {
    return this.list('compute', '/servers/detail', 'servers');
  }

  /** Ports of the project's servers. */
  ports(): Promise<readonly { readonly id: string; readonly device_id: string }[]> {
    return this.list('network', `/ports?project_id=${this.projectId}`, 'ports');
  }

  /** Images that belong to the project. */
  images(): Promise<readonly { readonly id: string; readonly name: string; readonly status: string }[]> {
    return this.list('image', `/images?owner=${this.projectId}&limit=200`, 'images');
  }

  async deleteServer(id: string): Promise<void> {
    await ignoringMissing(this.request('compute', 'DELETE', `/servers/${id}`));
  }

  async createServer(name: string, options: Json): Promise<string> {
    const { server } = (await this.request('compute', 'POST', '/servers', { server: { name, ...options } })) as {
      server: { id: string };
    };
    return server.id;
  }

  async createImage(name: string, data: Buffer): Promise<string> {
    const format = { disk_format: 'raw', container_format: 'bare' };
    const { id } = (await this.request('image', 'POST', '/images', { name, ...format })) as { id: string };
    await this.request('image', 'PUT', `/images/${id}/file`, data);
    return id;
  }

  async deleteImage(id: string): Promise<void> {
    await ignoringMissing(this.request('image', 'DELETE', `/images/${id}`));
  }
}

export class CloudAnswer extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface SignedIn {
  readonly token: string;
  readonly projectId: string;
  readonly userId: string;
}

function serviceUrl(portBase: number, service: Service): string {
  const versions = { identity: '/v3', image: '/v2', compute: '/v2.1', network: '/v2.0' };
  return `http://127.0.0.1:${portBase + ports[service]}${versions[service]}`;
}

async function signIn({ portBase, name, password }: Account): Promise<SignedIn> {
  const domain = { id: 'default' };
  const answer = await fetch(`${serviceUrl(portBase, 'identity')}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { name, domain, password } } },
        scope: { project: { name, domain } },
      },
    }),
  });
  const { token } = (await answer.json()) as { token: { project: { id: string }; user: { id: string } } };
  return {
    token: answer.headers.get('x-subject-token') ?? '',
    projectId: token.project.id,
    userId: token.user.id,
  };
}

async function ignoringMissing(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof CloudAnswer) || error.status !== 404) throw error;
  }
}
