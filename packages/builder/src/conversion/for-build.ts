import type { DiskimageConfig } from '@nodepool/config';
import { deadline, errorText } from '@nodepool/runtime';
import { runForBuild } from '../build-process/run-for-build.js';
import type { BuilderContext } from '../context.js';
import type { BuildLog } from '../logs/build-log.js';
import { convertBuild } from './convert.js';
import { type ConversionNeeds, type ConversionPlan, dependsOnVhdUtil, planConversion } from './plan.js';
import { showSteps } from './steps.js';
import { vhdSubformatFor } from './subformat.js';
import { hasUsableVhdUtil } from './vhd-util.js';

/** The build whose formats are to be made. */
export interface ConvertedBuild {
  readonly diskimage: DiskimageConfig;
  readonly formats: readonly string[];
  /** `<image>-<build id>`. */
  readonly build: string;
  /** Path of the results without their extensions. */
  readonly base: string;
}

/**
 * Plans who makes what, after a look at the providers and at the tools of this machine.
 *
 * @param searchPath `PATH` of the build.
 * @throws NP_BUILD_FAILED when the providers cannot all be served.
 */
export async function planForBuild(
  context: BuilderContext,
  { diskimage, formats }: ConvertedBuild,
  searchPath: string | undefined,
  signal: AbortSignal,
): Promise<ConversionPlan> {
  const providers = await context.providers.resolve(context.config.current(), () => false);
  const vhdSubformat = formats.includes('vhd') ? vhdSubformatFor(diskimage.name, providers) : 'dynamic';
  const needs: Omit<ConversionNeeds, 'hasVhdUtil'> = { diskimage, formats, vhdSubformat };
  const hasVhdUtil = dependsOnVhdUtil(needs) && (await hasUsableVhdUtil(searchPath, signal));
  return planConversion({ ...needs, hasVhdUtil });
}

export interface BuildConversion {
  readonly plan: ConversionPlan;
  readonly env: Readonly<Record<string, string>>;
  readonly marker: string;
  readonly log: BuildLog;
  /** Left of the time for the build. */
  readonly timeoutMs: number;
}

/**
 * Makes of the raw image what the command did not make.
 *
 * @returns why it failed; undefined when everything was made.
 */
export async function convertForBuild(
  context: BuilderContext,
  { diskimage, build, base }: ConvertedBuild,
  { plan, env, marker, log, timeoutMs }: BuildConversion,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (plan.commandChecksums) return undefined;
  const { clock, jobs } = context;
  const image = diskimage.name;
  const made = plan.ownFormats.map((format) => (format === 'vhd' ? `${plan.vhdSubformat} vhd` : format));
  const work = [...made, 'checksums'].join(', ');
  const startedMs = clock.monotonicMs();
  await log.line(`nodepool: making ${work}`);
  const steps = showSteps(
    plan.ownFormats,
    () => clock.monotonicMs(),
    (step) => jobs.builds.update(image, { step }),
  );
  using limit = deadline(clock, timeoutMs, signal);
  try {
    await convertBuild(
      {
        plan,
        base,
        qcow2Compression: diskimage.qcow2Compression,
        runQemuImg: (args, stop) => {
          const command = { file: 'qemu-img', args, env, marker, outputFd: log.fd, timeoutMs };
          return runForBuild(context, { ...command, image, build }, stop);
        },
        ...steps,
      },
      limit.signal,
    );
  } catch (error) {
    if (signal.aborted) return 'called off; its processes were ended';
    if (limit.signal.aborted) return `timed out after ${diskimage.buildTimeoutSec} seconds; its processes were ended`;
    return `making ${work}: ${errorText(error)}`;
  } finally {
    jobs.builds.update(image, { step: null });
  }
  await log.line(`nodepool: made ${work} in ${((clock.monotonicMs() - startedMs) / 1000).toFixed(1)} s`);
  return undefined;
}
