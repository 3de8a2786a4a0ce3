/**
 * A quota vector: `cores`, `instances`, `ram` (MiB) plus whatever a driver counts besides.
 * A missing key means 0 where the vector says what is used or needed, and unlimited where it is a limit.
 *
 * Source: docs/compatibility/launcher.md section 6.
 */
export type Resources = Readonly<Record<string, number>>;

/** The sum of two vectors of use or need. */
export function addResources(left: Resources, right: Resources): Resources {
  return combine(left, right, 1);
}

/** What is left of `left` when `right` is taken away; components may become negative. */
export function subtractResources(left: Resources, right: Resources): Resources {
  return combine(left, right, -1);
}

function combine(left: Resources, right: Resources, sign: 1 | -1): Resources {
  const result: Record<string, number> = { ...left };
  for (const [key, amount] of Object.entries(right)) {
    result[key] = (result[key] ?? 0) + sign * amount;
  }
  return result;
}

/**
 * The components of `needed` that do not fit into `limits` beside `used`, in alphabetical order; empty when all fit.
 *
 * A component that nothing more is needed of never stands in the way, even when its use is above its limit already.
 */
export function exceededResources(limits: Resources, used: Resources, needed: Resources): readonly string[] {
  return Object.keys(needed)
    .filter((key) => {
      const limit = limits[key];
      const need = needed[key] ?? 0;
      return limit !== undefined && need > 0 && (used[key] ?? 0) + need > limit;
    })
    .sort();
}
