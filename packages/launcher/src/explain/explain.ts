import type { Finding } from './finding.js';
import { whyImage } from './images.js';
import { whyLabel } from './labels.js';
import { whyNode } from './nodes.js';
import { whyRequest } from './requests.js';
import type { Snapshot } from './snapshot.js';

/** What can be explained. */
export type ExplainedKind = 'node' | 'request' | 'image' | 'label';

/** What something is, and why it is as it is. */
export interface Explanation {
  readonly kind: ExplainedKind;
  readonly name: string;
  /** One sentence each, what it is first. */
  readonly because: readonly string[];
  /** What an operator could do, one sentence each; empty when there is nothing to do, or nothing that is known here. */
  readonly remedies: readonly string[];
}

/** Everything that goes by `name`: an image and a label often share one. */
export function explain(name: string, snapshot: Snapshot): readonly Explanation[] {
  return (['node', 'request', 'image', 'label'] as const).flatMap((kind) => explainOne(kind, name, snapshot) ?? []);
}

/** Undefined when nothing of that kind has the name. */
export function explainOne(kind: ExplainedKind, name: string, snapshot: Snapshot): Explanation | undefined {
  const findings = find(kind, name, snapshot);
  if (findings === undefined) return undefined;
  const remedies = findings.flatMap(({ remedy }) => remedy ?? []);
  return { kind, name, because: findings.map(({ text }) => text), remedies: [...new Set(remedies)] };
}

function find(kind: ExplainedKind, name: string, snapshot: Snapshot): readonly Finding[] | undefined {
  const { nodes, requests, images, config, pools } = snapshot;
  switch (kind) {
    case 'node': {
      const node = nodes.find(({ id }) => id === name);
      return node && whyNode(node, snapshot);
    }
    case 'request': {
      const request = requests.find(({ id }) => id === name);
      return request && whyRequest(request, snapshot);
    }
    case 'image': {
      const isImage = images.some(({ image }) => image === name) || config?.diskimages.has(name) === true;
      return isImage ? whyImage(name, snapshot) : undefined;
    }
    case 'label': {
      const isLabel =
        config?.labels.has(name) === true || pools.some(({ supportedLabels }) => supportedLabels.includes(name));
      return isLabel ? whyLabel(name, snapshot) : undefined;
    }
  }
}
