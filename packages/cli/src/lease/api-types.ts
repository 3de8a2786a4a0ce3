import { CliError } from '../errors.js';

/** A machine as the API tells how to reach it. */
export interface LeasedMachine {
  readonly node_id: string;
  readonly label: string;
  readonly hostname: string | null;
  readonly interface_ip: string | null;
  readonly connection_type: string | null;
  readonly connection_port: number | null;
  readonly username: string | null;
  readonly python_path: string | null;
  readonly shell_type: string | null;
  /** Lines of `<type> <base64>`. */
  readonly host_keys: readonly string[];
}

/** A lease as the API tells of it. */
export interface LeaseAnswer {
  readonly id: string;
  readonly state: string;
  /** Seconds from each sign of life to the end; may be less than what was asked for. */
  readonly ttl: number;
  readonly machines: readonly LeasedMachine[];
  readonly reason: string | null;
}

/** @throws NP_CLI_LEASE_UNREACHABLE: what answered is no launcher. */
export function readLease(value: unknown): LeaseAnswer {
  if (isLease(value)) return value;
  throw new CliError('NP_CLI_LEASE_UNREACHABLE', 'what answers at the address of the server is no launcher');
}

function isLease(value: unknown): value is LeaseAnswer {
  if (typeof value !== 'object' || value === null) return false;
  const { id, state, ttl, machines } = value as Partial<Record<keyof LeaseAnswer, unknown>>;
  return (
    typeof id === 'string' &&
    typeof state === 'string' &&
    typeof ttl === 'number' &&
    ttl > 0 &&
    Array.isArray(machines) &&
    machines.every(isMachine)
  );
}

function isMachine(value: unknown): value is LeasedMachine {
  if (typeof value !== 'object' || value === null) return false;
  const { node_id: id, label, host_keys: keys } = value as Partial<Record<keyof LeasedMachine, unknown>>;
  return typeof id === 'string' && typeof label === 'string' && Array.isArray(keys);
}
