import { progressText } from '@nodepool/vhd';
import type { ConversionOptions } from './convert.js';
import type { OwnFormat } from './plan.js';

/** Shows what of a conversion is still under way, as one line for people. */
export function showSteps(
  formats: readonly OwnFormat[],
  monotonicMs: () => number,
  show: (step: string) => void,
): Pick<ConversionOptions, 'onProgress' | 'onMade'> {
  const steps = new Map(formats.map((format) => [format, `making ${format}`]));
  const startedMs = monotonicMs();
  const showAll = (): void => show(steps.size > 0 ? [...steps.values()].join('; ') : 'writing checksums');
  showAll();
  return {
    onProgress: (format, doneBytes, totalBytes) => {
      steps.set(format, `making ${format}: ${progressText(doneBytes, totalBytes, monotonicMs() - startedMs)}`);
      showAll();
    },
    onMade: (format) => {
      steps.delete(format);
      showAll();
    },
  };
}
