import type { Driver } from '@nodepool/driver-api';
import { fake } from '@nodepool/driver-fake';

/** Every driver there is, one line each, in alphabetical order. */
export const drivers = [fake] as const;

/** The driver of that name, or undefined. */
export function findDriver(name: string): Driver | undefined {
  const found: Driver | undefined = drivers.find((driver) => driver.name === name);
  return found;
}
