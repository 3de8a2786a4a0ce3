import type { DiskimageConfig } from '@nodepool/config';
import type { ImageGate, PoolConfig, PoolLabel, ProviderConfig } from '@nodepool/driver-api';

/** What an upload of an image has to pass in a provider before it is used. */
export type GateChoice =
  /** `why` when the gate was wanted and there is nothing to boot. */
  | { readonly kind: 'none'; readonly why?: string }
  | { readonly kind: 'boot'; readonly gate: ImageGate; readonly pool: PoolConfig; readonly label: PoolLabel }
  /** The configuration asks for what the provider does not have: the upload must not be used. */
  | { readonly kind: 'impossible'; readonly why: string };

/** The provider's entry has the word, then the diskimage. */
export function chooseGate(
  provider: Pick<ProviderConfig, 'diskimages' | 'pools'>,
  diskimage: DiskimageConfig,
): GateChoice {
  const entry = provider.diskimages.find(({ name }) => name === diskimage.name);
  const gate = entry?.validate ?? diskimage.validate;
  if (gate === undefined || gate === false) return { kind: 'none' };
  const places = provider.pools
    .filter(({ name }) => gate.pool === undefined || name === gate.pool)
    .flatMap((pool) => pool.labels.map((label) => ({ pool, label })));
  const place = places.find(({ label }) =>
    gate.label === undefined ? label.diskimage === diskimage.name : label.name === gate.label,
  );
  if (place !== undefined) return { kind: 'boot', gate, ...place };
  if (gate.label === undefined) return { kind: 'none', why: `no label boots ${diskimage.name} there` };
  return { kind: 'impossible', why: `no pool offers the label ${gate.label}` };
}
