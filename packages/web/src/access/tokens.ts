import { createHash, timingSafeEqual } from 'node:crypto';
import type { TokenScope, WebToken } from '@nodepool/config';

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
