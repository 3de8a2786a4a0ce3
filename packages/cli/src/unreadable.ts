import type { UnreadableRecord } from '@nodepool/store';
import type { CommandContext } from './command.js';

/** Says which znodes hold no record. */
export function warnUnreadable(context: CommandContext, records: readonly UnreadableRecord[]): void {
  for (const { path, reason } of records) context.warn(`unreadable: ${path}: ${reason}`);
}
