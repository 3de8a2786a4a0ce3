import type { CallContext } from '@nodepool/driver-api';
import type { JsonObject } from '@nodepool/model';
import type { Secret } from '@nodepool/runtime';
import type { Credentials, Identity } from '../clouds/credentials.js';
import { ApiError } from '../errors.js';
import { joinUrl } from '../http/url.js';
import { type ExchangeDeps, exchange } from './exchange.js';
import { signInBodyV2, signInBodyV3 } from './sign-in-body.js';
import { type Token, tokenFromV2, tokenFromV3 } from './token.js';
import type { ApiResponse } from './types.js';
import { besideCatalogue, newestOf, versionInUrl, versionsIn } from './versions.js';

/** Keystone answers within a second, or is in trouble. */
const timeoutMs = 30_000;

export type KeystoneCredentials = Extract<Credentials, { kind: 'keystone' }>;

/**
 * Asks Keystone for a token.
 *
 * @throws ApiError `misconfigured` when Keystone refuses, with its words and the remedy.
 */
export async function signIn(
  credentials: KeystoneCredentials,
  cloud: string,
  deps: ExchangeDeps,
  ctx: CallContext,
): Promise<Token> {
  const { identity, scope } = credentials;
  const { version, root } = await keystoneOf(credentials, cloud, deps, ctx);
  const doing = `signing in to cloud ${cloud}`;
  const request = { doing, identity };
  const answer =
    version === 2
      ? await post(joinUrl(root, '/tokens'), signInBodyV2(identity, scope, cloud), request, deps, ctx)
      : await post(joinUrl(root, '/auth/tokens'), signInBodyV3(identity, scope), request, deps, ctx);
  const token = version === 2 ? tokenFromV2(answer.body) : tokenFromV3(answer.headers['x-subject-token'], answer.body);
  if (token !== undefined) return token;
  throw new ApiError('misconfigured', `${doing}: ${new URL(root).host} does not answer as Keystone: check auth_url`);
}

async function post(
  url: string,
  body: JsonObject,
  { doing, identity }: { readonly doing: string; readonly identity: Identity },
  deps: ExchangeDeps,
  ctx: CallContext,
): Promise<ApiResponse> {
  try {
    return await exchange(
      {
        method: 'POST',
        url,
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body: JSON.stringify(body),
        timeoutMs,
        doing,
        service: 'identity',
        secrets: [secretOf(identity)],
        badRequest: 'misconfigured',
      },
      deps,
      ctx,
    );
  } catch (error) {
    throw refused(error, identity.kind);
  }
}

/** What to look at when Keystone does not know who signs in. */
const remedies: Readonly<Record<Identity['kind'], string>> = {
  password: 'check user, password and project in clouds.yaml and secure.yaml',
  token: 'the token in clouds.yaml has ended or was revoked, or is for another project: write a new one',
  'application-credential':
    'check the application credential in clouds.yaml and secure.yaml: it may be deleted, or at its end',
};

/** What Keystone's refusals mean to somebody who has to do something about them. */
function refused(error: unknown, kind: Identity['kind']): unknown {
  if (!(error instanceof ApiError)) return error;
  const remedy = remedyFor(error, kind);
  if (remedy === undefined) return error;
  const { status, requestId, text, cause } = error;
  return new ApiError('misconfigured', `${error.message}: ${remedy}`, { status, requestId, text, cause });
}

/** A credential or token that does not exist is a 404 of Keystone's, told from a wrong address by its words. */
function remedyFor({ status, text }: ApiError, kind: Identity['kind']): string | undefined {
  if (status === 401) return remedies[kind];
  if (status !== 404) return undefined;
  return /could not find|token/i.test(text) ? remedies[kind] : 'check auth_url in clouds.yaml';
}

interface Keystone {
  readonly version: 2 | 3;
  /** Up to and with the version. */
  readonly root: string;
}

/** Which Keystone to talk to: as configured, as the address says, else the newest that it offers. */
async function keystoneOf(
  { authUrl, version, scope, identity }: KeystoneCredentials,
  cloud: string,
  deps: ExchangeDeps,
  ctx: CallContext,
): Promise<Keystone> {
  const inUrl = versionInUrl(authUrl);
  const needsV3 = version === 3 || scope.kind === 'domain' || scope.kind === 'system' || hasDomain(identity);
  if (inUrl === 3) return { version: 3, root: authUrl };
  if (inUrl === 2 && !needsV3) return { version: 2, root: authUrl };
  const bare = inUrl === undefined ? authUrl : authUrl.replace(/\/v2(\.0)?\/*$/, '');
  if (version !== undefined || inUrl === 2) {
    const wanted = needsV3 ? 3 : 2;
    return { version: wanted, root: joinUrl(bare, wanted === 3 ? '/v3' : '/v2.0') };
  }
  return await askForVersion(bare, cloud, deps, ctx);
}

function hasDomain(identity: Identity): boolean {
  if (identity.kind !== 'password') return false;
  return identity.user.domainId !== undefined || identity.user.domainName !== undefined;
}

async function askForVersion(url: string, cloud: string, deps: ExchangeDeps, ctx: CallContext): Promise<Keystone> {
  const assumed: Keystone = { version: 3, root: joinUrl(url, '/v3') };
  try {
    const { body } = await exchange(
      {
        method: 'GET',
        url: joinUrl(url, '/'),
        headers: { accept: 'application/json' },
        timeoutMs,
        doing: `asking Keystone of cloud ${cloud} for its versions`,
        service: 'identity',
        secrets: [],
        badRequest: 'misconfigured',
        accepted: [300],
      },
      deps,
      ctx,
    );
    const found = newestOf(
      versionsIn(body).filter(({ major }) => major <= 3),
      undefined,
    );
    if (found === undefined) return assumed;
    const root = besideCatalogue(found.url, url) ?? joinUrl(url, found.major === 2 ? '/v2.0' : '/v3');
    return { version: found.major === 2 ? 2 : 3, root };
  } catch (error) {
    if (error instanceof ApiError && error.status !== undefined && error.code !== 'transient') return assumed;
    throw error;
  }
}

export function secretOf(identity: Identity): Secret {
  switch (identity.kind) {
    case 'password':
      return identity.password;
    case 'token':
      return identity.token;
    case 'application-credential':
      return identity.secret;
  }
}
