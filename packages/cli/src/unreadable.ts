import type { UnreadableRecord } from '@nodepool/store';
import type { CommandContext } from './command.js';

/** Says which znodes hold no record. */
export function warnUnreadable(context: CommandContext, records: readonly UnreadableRecord[]): void {
  for (const record of records) context.warn(unreadableText(record));
}

/** Names a znode that holds no record, and says why. */
export function unreadableText({ path, reason }: UnreadableRecord): string {
  return `unreadable: ${path}: ${reason}`;
}
