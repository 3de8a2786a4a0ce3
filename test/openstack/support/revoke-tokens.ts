import { setTimeout as delay } from 'node:timers/promises';
import type { CloudUser } from './cloud-user.js';

/** For so long a service believes what it was told of a token. Source: test/openstack-cloud/conf/credentials.conf. */
const tokenCacheMs = 10_000;

/** Ends every token of an account; resolves when no service takes one of them any more. */
export async function revokeTokens(admin: CloudUser, userId: string): Promise<void> {
  // Disabling an account revokes its tokens.
  for (const enabled of [false, true]) {
    await admin.request('identity', 'PATCH', `/users/${userId}`, { user: { enabled } });
  }
  await delay(tokenCacheMs + 1_000);
}
