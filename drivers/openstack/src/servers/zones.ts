import { type CallContext, providerErrorCode } from '@nodepool/driver-api';
import { z } from 'zod';
import { readAnswer } from '../answer.js';
import type { CloudSession } from '../session/types.js';

// Source: https://docs.openstack.org/api-ref/compute/#get-availability-zone-information

const Zones = z.object({
  availabilityZoneInfo: z.array(
    z.object({ zoneName: z.string(), zoneState: z.object({ available: z.boolean() }).nullish() }),
  ),
});

/** Names of the zones that can be used; empty where the cloud does not tell. */
export async function listZones(session: CloudSession, ctx: CallContext): Promise<readonly string[]> {
  const doing = 'listing availability zones';
  try {
    const { body } = await session.request('compute', { method: 'GET', path: '/os-availability-zone', doing }, ctx);
    return readAnswer(Zones, body, doing)
      .availabilityZoneInfo.filter(({ zoneState }) => zoneState?.available !== false)
      .map(({ zoneName }) => zoneName)
      .sort();
  } catch (error) {
    const code = providerErrorCode(error);
    if (code === 'misconfigured' || code === 'not-found') return [];
    throw error;
  }
}
