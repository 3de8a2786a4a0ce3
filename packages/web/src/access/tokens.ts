import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenScope, WebToken } from '@nodepool/config';

/** So that a token is known for what it is where it was pasted by mistake. */
const prefix = 'npt_';

/** More than anybody can guess, so that one round of SHA-256 hides it: a slow hash would only slow every call down. */
const entropyBytes = 32;

/** A new token, and what the secure file is given of it. */
export function makeToken(): { readonly token: string; readonly hash: string } {
  const token = `${prefix}${randomBytes(entropyBytes).toString('base64url')}`;
  return { token, hash: `sha256:${digest(token).toString('hex')}` };
}

/**
 * Which of the tokens `presented` is. Every token is compared, and each in constant time, so that the time taken tells
 * nothing.
 */
export function findToken(tokens: readonly WebToken[], presented: string): WebToken | undefined {
  const hash = digest(presented);
  let found: WebToken | undefined;
  for (const token of tokens) if (timingSafeEqual(Buffer.from(token.sha256, 'hex'), hash)) found = token;
  return found;
}

/** Whether a holder of `scopes` may do what needs `wanted`. */
export function allows(scopes: readonly TokenScope[], wanted: TokenScope): boolean {
  if (wanted === 'read') return scopes.length > 0;
  if (wanted === 'lease' && scopes.includes('operate')) return true;
  return scopes.includes(wanted) || scopes.includes('admin');
}

/** The token of an `Authorization` header, or undefined when there is none of the kind `Bearer`. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([\w~+/.-]+=*) *$/i.exec(header ?? '')?.[1];
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
