import type { CallContext, ExternalId } from '@nodepool/driver-api';
import { z } from 'zod';
import type { CloudSession } from '../session/types.js';

/** Lines of a console that are worth a place in the log. */
const consoleLines = 500;

/** The end of a server's console; undefined when the cloud has none to show. */
export async function consoleLog(
  session: CloudSession,
  externalId: ExternalId,
  ctx: CallContext,
): Promise<string | undefined> {
  if (typeof externalId !== 'string') return undefined;
  const { body } = await session.request(
    'compute',
    {
      method: 'POST',
      path: `/servers/${encodeURIComponent(externalId)}/action`,
      body: { 'os-getConsoleOutput': { length: consoleLines } },
      idempotent: true,
      doing: `reading console of server ${externalId}`,
    },
    ctx,
  );
  const answer = z.object({ output: z.string() }).safeParse(body);
  return answer.success ? answer.data.output : undefined;
}
