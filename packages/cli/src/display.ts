import type { Listing } from '@nodepool/listings';
import type { NodeStore, RequestStore, Store, UnreadableRecord } from '@nodepool/store';
import type { CommandContext } from './command.js';
import { type ListOptions, listingText } from './format-option.js';
import { warnUnreadable } from './unreadable.js';

/** What is shown is read from: the store itself, or caches of it. */
export interface Source extends Pick<Store, 'images' | 'components' | 'imageHistory' | 'builderStatuses'> {
  readonly nodes: Pick<NodeStore, 'list'>;
  readonly requests: Pick<RequestStore, 'list'>;
}

/** What changes of the tree concern a display: one of the four trees of records, or a znode and its children. */
export type Watched =
  | 'nodes'
  | 'requests'
  | 'images'
  | 'components'
  | 'builder-status'
  | { readonly historyOf: string }
  | { readonly path: string };

/** Something to look at: once, or again whenever it changes. */
export interface Display {
  readonly watched: readonly Watched[];
  read(source: Source): Promise<Picture>;
}

/** A display as it was when it was read. */
export interface Picture {
  /** Without a line feed at the end. */
  text(nowMs: number): Promise<string>;
  readonly unreadable: readonly UnreadableRecord[];
}

/** What {@link addWatchOption} yields. */
export interface WatchOptions {
  readonly watch: boolean;
}

/** Shows it once, or until the operator has seen enough. */
export async function show(context: CommandContext, display: Display, { watch }: WatchOptions): Promise<number> {
  if (watch) {
    const { keepShowing } = await import('./watch/keep-showing.js');
    return await keepShowing(context, display);
  }
  const picture = await display.read(await context.store());
  context.print(await picture.text(context.clock.now()));
  warnUnreadable(context, picture.unreadable);
  return 0;
}

/** A listing as the operator asked for it. */
export function listingPicture(
  context: CommandContext,
  options: ListOptions,
  listing: (nowMs: number) => Listing,
  unreadable: readonly UnreadableRecord[] = [],
): Picture {
  return { text: (nowMs) => listingText(context, listing(nowMs), options, nowMs), unreadable };
}
