import type { ImageGate, PoolConfig, PoolLabel, Provider, ProviderDiskimage } from '@nodepool/driver-api';
import type { HostCheck } from '@nodepool/launcher/machine';
import type { Span } from '@nodepool/runtime';
import type { UploadKey } from '@nodepool/store';
import type { SshCommand } from './ssh-command.js';

/** What is to be tried, and with what. */
export interface GateOrder {
  readonly gate: ImageGate;
  readonly provider: Provider;
  readonly pool: PoolConfig;
  readonly label: PoolLabel;
  readonly entry: ProviderDiskimage;
  readonly upload: UploadKey;
  /** Of the image in the cloud. */
  readonly externalId: string;
  /** User of the image. */
  readonly username: string | null;
  /** What the gate does is a part of it. */
  readonly span: Span;
}

/** How machines are reached; tests put their own in. */
export interface MachineAccess {
  readonly hostCheck: Pick<HostCheck, 'run'>;
  readonly runSshCommand: (command: SshCommand, signal: AbortSignal) => Promise<number>;
}
