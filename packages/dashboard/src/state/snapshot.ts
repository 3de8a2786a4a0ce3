import type {
  Builder,
  Component,
  HistoryPoint,
  Image,
  Label,
  Node,
  NodeRequest,
  Overview,
  Pool,
  Provider,
  Situation,
} from '../api/types.js';
import type { Happening } from './happenings.js';

/** Everything the dashboard knows of the system. */
export interface Snapshot {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly requests: ReadonlyMap<string, NodeRequest>;
  readonly images: ReadonlyMap<string, Image>;
  readonly providers: readonly Provider[];
  readonly pools: readonly Pool[];
  readonly labels: readonly Label[];
  readonly components: readonly Component[];
  readonly builders: readonly Builder[];
  readonly now: Situation;
  readonly points: readonly HistoryPoint[];
  /** The newest first. */
  readonly happenings: readonly Happening[];
}

/** What the lists of the API say, read one after the other. */
export interface Lists {
  readonly nodes: readonly Node[];
  readonly requests: readonly NodeRequest[];
  readonly images: readonly Image[];
  readonly providers: readonly Provider[];
  readonly pools: readonly Pool[];
  readonly labels: readonly Label[];
  readonly components: readonly Component[];
  readonly builders: readonly Builder[];
  readonly overview: Overview;
}

/** @param happenings those that were seen before: a stream that begins anew does not make them untrue. */
export function toSnapshot(lists: Lists, happenings: readonly Happening[] = []): Snapshot {
  const { nodes, requests, images, overview, ...whole } = lists;
  return {
    ...whole,
    nodes: new Map(nodes.map((node) => [node.id, node])),
    requests: new Map(requests.map((request) => [request.id, request])),
    images: new Map(images.map((image) => [image.name, image])),
    now: overview.now,
    points: overview.history.points,
    happenings,
  };
}
