import type { CallContext, ProviderDeps } from '@nodepool/driver-api';
import type { Secret } from '@nodepool/runtime';
import type { CloudRegion } from '../clouds/cloud-region.js';
import type { HttpClient } from '../http/http-client.js';
import { openHttpClient } from '../http/http-client.js';
import { repeating } from './repetition.js';
import { ServiceRoots } from './service-roots.js';
import { secretOf, signIn } from './sign-in.js';
import type { Token } from './token.js';
import { TokenKeeper } from './token-keeper.js';

/** Everything that hangs on one reading of clouds.yaml. A changed file makes a new one. */
export interface Connection {
  readonly region: CloudRegion;
  readonly http: HttpClient;
  readonly roots: ServiceRoots;
  /** The token to use; undefined for a cloud without Keystone. */
  token(ctx: CallContext, marginMs?: number): Promise<Token | undefined>;
  /** After a 401. */
  dropToken(token: Token): void;
  /** What must not be shown. */
  readonly secrets: readonly Secret[];
}

/** @throws ApiError `misconfigured` for certificates that cannot be read. */
export function connect(
  region: CloudRegion,
  deps: ProviderDeps,
  env: Readonly<Record<string, string | undefined>>,
): Connection {
  const { clock, random } = deps;
  const { credentials, cloud } = region;
  const http = openHttpClient({ tls: region.tls, clock, env, cloud });
  const roots = new ServiceRoots(region, { http, clock, random });
  if (credentials.kind === 'fixed') {
    const { token: id } = credentials;
    const fixed = id && { id, lifetimeMs: undefined, projectId: undefined, catalogue: [] };
    return {
      region,
      http,
      roots,
      token: async () => fixed,
      dropToken: () => undefined,
      secrets: id === undefined ? [] : [id],
    };
  }
  const keeper = new TokenKeeper(
    (ctx) =>
      repeating(
        () => signIn(credentials, cloud, { http, clock }, ctx),
        { isIdempotent: true, isStream: false },
        { clock, random },
        ctx,
      ),
    clock,
  );
  return {
    region,
    http,
    roots,
    token: (ctx, marginMs) => keeper.current(ctx, marginMs),
    dropToken: (token) => keeper.drop(token),
    secrets: [secretOf(credentials.identity)],
  };
}
