import { createHash, randomBytes } from 'node:crypto';

/** So that a token is known for what it is where it was pasted by mistake. */
const prefix = 'npt_';

/** More than anybody can guess, so that one round of SHA-256 hides it: a slow hash would only slow every call down. */
const entropyBytes = 32;

/** A new token for the web API, and what the secure file is given of it. */
export function makeWebToken(): { readonly token: string; readonly hash: string } {
  const token = `${prefix}${randomBytes(entropyBytes).toString('base64url')}`;
  return { token, hash: `sha256:${createHash('sha256').update(token).digest('hex')}` };
}
