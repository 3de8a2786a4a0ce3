import type { ExternalId } from '@nodepool/driver-api';
import type { HeldNode, NodeChange } from '@nodepool/store';

/** The place of one node in a request. */
export interface Slot {
  readonly label: string;
  phase: 'empty' | 'working' | 'done';
  held: HeldNode | undefined;
  /** What the record of a node that is done still lacks; undefined once it is written, or on its way. */
  unwritten: NodeChange | undefined;
  /** The instance that was launched for it; null for a node that existed. */
  launched: ExternalId | null;
  /** The write on its way. */
  writing: Promise<unknown>;
  /** Call it when the records show what the node costs its tenant. */
  recorded: () => void;
}

export function emptySlot(label: string): Slot {
  return {
    label,
    phase: 'empty',
    held: undefined,
    unwritten: undefined,
    launched: null,
    writing: Promise.resolve(),
    recorded: () => undefined,
  };
}

export function clearSlot(slot: Slot): void {
  slot.phase = 'empty';
  slot.recorded();
  slot.held = undefined;
  slot.unwritten = undefined;
}
