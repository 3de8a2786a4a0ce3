import { type MemoryServer, MemorySession } from './session.js';
import { MemoryTree } from './tree.js';

export type { RequestKind } from './session.js';
export { MemorySession } from './session.js';

/** One tree and any number of sessions on it. */
export interface MemoryEnsemble {
  /** A new session, connected from the start. */
  connect(): MemorySession;
}

/**
 * An ensemble in memory, for unit tests: the answers, errors, events and orders of the real one, without a network.
 * A container is never removed by itself.
 *
 * @param options.now the server's clock, milliseconds since the epoch; it stands at 0 when absent.
 */
export function createMemoryEnsemble(options: { readonly now?: () => number } = {}): MemoryEnsemble {
  const sessions = new Set<MemorySession>();
  let sessionIds = 0n;
  const server: MemoryServer = {
    tree: new MemoryTree(),
    now: options.now ?? (() => 0),
    newSessionId: () => {
      sessionIds += 1n;
      return sessionIds;
    },
    publish: (events) => {
      for (const event of events) for (const session of sessions) session.receive(event);
    },
  };
  return {
    connect: () => {
      const session = new MemorySession(server);
      sessions.add(session);
      return session;
    },
  };
}
