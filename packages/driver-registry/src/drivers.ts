import type { Driver } from '@nodepool/driver-api';
import { fake } from '@nodepool/driver-fake';
import { openstack } from '@nodepool/driver-openstack';
import { qemu } from '@nodepool/driver-qemu';

/** Every driver there is, in alphabetical order. */
export const drivers = [fake, openstack, qemu] as const;

/** The driver of that name, or undefined. */
export function findDriver(name: string): Driver | undefined {
  const found: Driver | undefined = drivers.find((driver) => driver.name === name);
  return found;
}
