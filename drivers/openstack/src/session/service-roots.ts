import type { CallContext, ProviderDeps } from '@nodepool/driver-api';
import type { CloudRegion } from '../clouds/cloud-region.js';
import { ApiError } from '../errors.js';
import { joinUrl } from '../http/url.js';
import { findEndpoint } from './catalogue.js';
import { type ExchangeDeps, exchange } from './exchange.js';
import { repeating } from './repetition.js';
import { SharedWork } from './shared-work.js';
import type { Token } from './token.js';
import type { ServiceName } from './types.js';
import { type ApiVersion, besideCatalogue, newestOf, versionInUrl, versionRootOf, versionsIn } from './versions.js';

/** The version that this driver speaks, and where it is when a service does not tell. */
const spoken: Readonly<Record<ServiceName, { readonly major: number; readonly path: string }>> = {
  compute: { major: 2, path: '/v2.1' },
  image: { major: 2, path: '/v2' },
  network: { major: 2, path: '/v2.0' },
  volume: { major: 3, path: '/v3' },
  'object-store': { major: 1, path: '/v1' },
  identity: { major: 3, path: '/v3' },
};

const discoveryTimeoutMs = 30_000;

type Deps = ExchangeDeps & Pick<ProviderDeps, 'random'>;

/** Where the services of a region are, down to their version. Version documents are read once for each address. */
export class ServiceRoots {
  readonly #region: CloudRegion;
  readonly #deps: Deps;
  readonly #documents = new Map<string, readonly ApiVersion[]>();
  readonly #reading = new Map<string, SharedWork<readonly ApiVersion[]>>();

  constructor(region: CloudRegion, deps: Deps) {
    this.#region = region;
    this.#deps = deps;
  }

  /** The address that the settings or the catalogue have for a service; undefined when the cloud has none. */
  endpoint(service: ServiceName, token: Token | undefined): string | undefined {
    const settings = this.#region.service(service);
    if (settings.endpoint !== undefined) {
      return settings.endpoint.replaceAll(
        /%\((project|tenant)_id\)s|\$\((project|tenant)_id\)s/g,
        token?.projectId ?? '',
      );
    }
    const found = findEndpoint(token?.catalogue ?? [], settings);
    const { credentials } = this.#region;
    return found ?? (service === 'identity' && credentials.kind === 'keystone' ? credentials.authUrl : undefined);
  }

  /**
   * What paths of the service are added to.
   *
   * @throws ApiError `misconfigured` when the cloud has no such service.
   */
  async root(service: ServiceName, token: Token | undefined, ctx: CallContext): Promise<string> {
    const url = this.#existing(service, token);
    if (service === 'object-store' || versionInUrl(url) !== undefined) return url;
    const { major, path } = spoken[service];
    // Old Neutrons hide their version document, and the path has never been another.
    if (service === 'network') return joinUrl(url, path);
    const version = newestOf(await this.#versions(service, url, token, ctx), major);
    const root = besideCatalogue(version?.url, url) ?? joinUrl(url, path);
    return service === 'volume' && token?.projectId !== undefined ? joinUrl(root, token.projectId) : root;
  }

  /** The newest microversion; undefined when the service has none. */
  async maxMicroversion(service: ServiceName, token: Token | undefined, ctx: CallContext): Promise<string | undefined> {
    const url = this.#existing(service, token);
    const inUrl = versionInUrl(url);
    const versions = await this.#versions(service, versionRootOf(url), token, ctx);
    return newestOf(versions, inUrl ?? spoken[service].major)?.maxMicroversion;
  }

  #existing(service: ServiceName, token: Token | undefined): string {
    const url = this.endpoint(service, token);
    if (url === undefined) {
      const { cloud, region } = this.#region;
      const where = region === undefined ? '' : `, region ${region}`;
      throw new ApiError(
        'misconfigured',
        `cloud ${cloud}${where}: the catalogue has no ${service} service for this project: ` +
          'check region_name and interface in clouds.yaml',
      );
    }
    if (URL.canParse(url)) return url;
    throw new ApiError('misconfigured', `cloud ${this.#region.cloud}: the address of its ${service} service is no URL`);
  }

  async #versions(
    service: ServiceName,
    url: string,
    token: Token | undefined,
    ctx: CallContext,
  ): Promise<readonly ApiVersion[]> {
    const place = joinUrl(url, '/');
    const known = this.#documents.get(place);
    if (known !== undefined) return known;
    const reading = this.#reading.get(place) ?? new SharedWork<readonly ApiVersion[]>();
    this.#reading.set(place, reading);
    const read = await reading.run(ctx, (inner) => this.#read(service, place, token, inner));
    this.#documents.set(place, read);
    return read;
  }

  /** A service that refuses to show its versions has none that can be known. */
  async #read(
    service: ServiceName,
    url: string,
    token: Token | undefined,
    ctx: CallContext,
  ): Promise<readonly ApiVersion[]> {
    const request = {
      method: 'GET',
      url,
      headers: {
        accept: 'application/json',
        ...(token !== undefined && { 'x-auth-token': token.id.reveal() }),
      },
      timeoutMs: discoveryTimeoutMs,
      doing: `asking for the versions of the ${service} service`,
      service,
      secrets: token === undefined ? [] : [token.id],
      badRequest: 'misconfigured',
      accepted: [300],
    } as const;
    try {
      const once = async (): Promise<readonly ApiVersion[]> =>
        versionsIn((await exchange(request, this.#deps, ctx)).body);
      return await repeating(once, { isIdempotent: true, isStream: false }, this.#deps, ctx);
    } catch (error) {
      const isRefusal = error instanceof ApiError && error.status !== undefined;
      if (isRefusal && (error.code === 'misconfigured' || error.code === 'not-found')) return [];
      throw error;
    }
  }
}
