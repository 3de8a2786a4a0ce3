import type { Logger } from '@nodepool/runtime';
import type { FastifyRequest } from 'fastify';
import type { Caller } from './gate.js';

/** One line for each change that was asked for, whether it was made or not. The token itself is in none of them. */
export function auditChange(
  log: Logger,
  request: FastifyRequest,
  action: string,
  outcome: { readonly caller: Caller | undefined; readonly status: number; readonly code: string | undefined },
): void {
  const { caller, status, code } = outcome;
  const target = Object.values(request.params as Readonly<Record<string, string>>).join(' ');
  const fields = { token: caller?.name ?? null, remote: request.ip, action, target, status, code: code ?? null };
  log.info(fields, status < 400 ? 'accepted change' : 'refused change');
}
