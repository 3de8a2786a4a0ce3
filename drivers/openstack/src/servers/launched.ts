import { tagKeys } from '@nodepool/driver-api';
import { isGoing, type Server } from './server.js';

/** Launches that are remembered. */
const rememberedLaunches = 10_000;

/**
 * What this process has launched for which node. An answer that came too late, or not at all, may have left a server
 * that nobody knows of: a second launch of the node looks for it, and one that appears later still is a twin.
 */
export class LaunchedServers {
  readonly #byNode = new Map<string, string | undefined>();
  readonly #provider: string;

  /** @param provider whose name the servers are tagged with. */
  constructor(provider: string) {
    this.#provider = provider;
  }

  /** Whether a launch of the node was begun. */
  has(nodeId: string): boolean {
    return this.#byNode.has(nodeId);
  }

  /** To be called before the cloud is asked: from then on there may be a server. */
  begin(nodeId: string): void {
    this.#byNode.delete(nodeId);
    this.#byNode.set(nodeId, undefined);
    const [oldest] = this.#byNode.keys();
    if (this.#byNode.size > rememberedLaunches && oldest !== undefined) this.#byNode.delete(oldest);
  }

  /** The node has got that server. */
  settle(nodeId: string, serverId: string): void {
    this.#byNode.set(nodeId, serverId);
  }

  /** Whether the server carries the tag of that node, and of the provider. */
  isOf({ metadata }: Pick<Server, 'metadata'>, nodeId: string): boolean {
    return metadata[tagKeys.nodeId] === nodeId && metadata[tagKeys.providerName] === this.#provider;
  }

  /**
   * The server that the node of this one has got instead, where both are in the list. A launch that is begun anew has
   * seen its server gone before: two at a time are never meant, whichever process made them.
   */
  original(server: Server, listed: ReadonlyMap<string, Server>): Server | undefined {
    const nodeId = server.metadata[tagKeys.nodeId];
    const id = nodeId === undefined ? undefined : this.#byNode.get(nodeId);
    if (nodeId === undefined || id === undefined || id === server.id || isGoing(server)) return undefined;
    const original = listed.get(id);
    if (original === undefined || isGoing(original)) return undefined;
    return this.isOf(server, nodeId) && this.isOf(original, nodeId) ? original : undefined;
  }
}
