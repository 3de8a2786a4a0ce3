import { describe, expect, it, vi } from 'vitest';
import { Reservations } from './reservations.js';
import { TenantUse } from './tenant-use.js';

describe('a reservation', () => {
  it('counts for its pool and its provider until the record counts', () => {
    const reservations = new Reservations(() => undefined);
    const reservation = reservations.take('main', { cores: 2 });
    expect([reservations.ofProvider(), reservations.ofPool('main')]).toEqual([{ cores: 2 }, { cores: 2 }]);

    reservation.recorded();
    reservation.recorded();

    expect([reservations.ofProvider(), reservations.ofPool('main')]).toEqual([{ cores: 0 }, { cores: 0 }]);
  });

  it('counts as a launch until the launch has ended, and says so', () => {
    const onReleased = vi.fn();
    const reservations = new Reservations(onReleased);
    const reservation = reservations.take('main', { cores: 2 });
    reservation.recorded();
    expect(reservations.launches).toBe(1);

    reservation.ended();
    reservation.ended();

    expect(reservations.launches).toBe(0);
    expect(onReleased).toHaveBeenCalledTimes(1);
  });

  it('is given back by a launch that never had a record', () => {
    const reservations = new Reservations(() => undefined);

    reservations.take('main', { cores: 2 }).ended();

    expect(reservations.ofPool('main')).toEqual({ cores: 0 });
  });
});

describe('the use of a tenant', () => {
  it('is what records and open decisions say together', () => {
    const limits = new Map([['acme', { cores: 8 }]]);
    const tenants = new TenantUse({ usedByTenant: () => ({ cores: 4 }) }, () => limits);
    const recorded = tenants.reserve('acme', { cores: 2 });
    expect(tenants.of('acme')?.used).toEqual({ cores: 6 });

    recorded();
    recorded();

    expect(tenants.of('acme')?.used).toEqual({ cores: 4 });
  });

  it('is of no interest where nothing limits it', () => {
    const tenants = new TenantUse({ usedByTenant: () => ({ cores: 4 }) }, () => new Map());

    expect([tenants.of('acme'), tenants.of(null)]).toEqual([undefined, undefined]);
  });
});
