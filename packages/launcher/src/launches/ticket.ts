import type { LaunchTicket } from '@nodepool/driver-api';
import type { JsonValue, Node } from '@nodepool/model';
import type { NodeChange } from '@nodepool/store';

/** A launch under way, as the record keeps it for whoever carries on. */
export interface StoredLaunch {
  readonly ticket: LaunchTicket;
  /** Which attempt it is, from 1. */
  readonly attempt: number;
  /** When the attempt began, seconds since the epoch. */
  readonly startedSec: number;
  /** The zone that was asked for; undefined where the cloud chooses. */
  readonly az: string | undefined;
}

/** What the record of a node takes over from a launch under way: `driver_data.launch` and the instance's name. */
export function launchChange({ ticket, attempt, startedSec, az }: StoredLaunch): NodeChange {
  const launch: JsonValue = { attempt, started: startedSec, az: az ?? null, ticket: ticket.data };
  return { externalId: ticket.externalId, driverData: { launch } };
}

/** The launch that a node's record tells of; undefined when there is none that could be carried on. */
export function storedLaunch(node: Pick<Node, 'state' | 'externalId' | 'driverData'>): StoredLaunch | undefined {
  if (node.state !== 'building') return undefined;
  const launch = member(node.driverData, 'launch');
  const attempt = member(launch, 'attempt');
  const startedSec = member(launch, 'started');
  const data = member(launch, 'ticket');
  if (typeof attempt !== 'number' || typeof startedSec !== 'number' || data === undefined) return undefined;
  const az = member(launch, 'az');
  return {
    ticket: { externalId: node.externalId, data },
    attempt,
    startedSec,
    az: typeof az === 'string' ? az : undefined,
  };
}

/** Somebody could still bring the launch to its end: its time is not up. */
export function isResumable(
  node: Pick<Node, 'state' | 'externalId' | 'driverData'>,
  launchTimeoutMs: number,
  nowMs: number,
): boolean {
  const launch = storedLaunch(node);
  return launch !== undefined && nowMs < launch.startedSec * 1000 + launchTimeoutMs;
}

function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const found: unknown = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  return found as JsonValue | undefined;
}
