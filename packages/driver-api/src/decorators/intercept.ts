import type { Span } from '@nodepool/runtime';
import type { CallContext, CallPace, ImageStore, LeakSweeper, Provider, QuotaSource } from '../driver.js';

/** The calls of a provider, as metrics and policies name them. */
export type ProviderMethod =
  | 'launch'
  | 'checkLaunch'
  | 'terminate'
  | 'listInstances'
  | 'consoleLog'
  | 'zones'
  | 'images.upload'
  | 'images.remove'
  | 'images.list'
  | 'images.hasCloudImage'
  | 'quota.limits'
  | 'quota.needed'
  | 'leaks.list'
  | 'leaks.remove';

/** One call on its way to the driver. */
export interface ProviderCall<T> {
  readonly method: ProviderMethod;
  readonly signal: AbortSignal;
  /** Undefined unless an outer layer gives one. */
  readonly pace: CallPace | undefined;
  /** What the call is a part of, where somebody traces it. */
  readonly span: Span | undefined;
  /** Hands the call on; may be called again where a repetition is safe. `pace` and `span` are the call's own when absent. */
  run(signal: AbortSignal, pace?: CallPace, span?: Span): Promise<T>;
}

export type Interceptor = <T>(call: ProviderCall<T>) => Promise<T>;

/** A provider whose every call goes through `intercept`. Capabilities that are absent stay absent. */
export function interceptProvider(provider: Provider, intercept: Interceptor): Provider {
  const { images, quota, leaks } = provider;
  const through = <Ctx extends CallBasics, T>(
    method: ProviderMethod,
    ctx: Ctx,
    call: (ctx: Ctx) => Promise<T>,
  ): Promise<T> =>
    intercept({
      method,
      signal: ctx.signal,
      pace: ctx.pace,
      span: ctx.span,
      run: (signal, pace, span) =>
        call({ ...ctx, signal, ...(pace !== undefined && { pace }), ...(span !== undefined && { span }) }),
    });
  return {
    launch: (spec, ctx) => through('launch', ctx, (inner) => provider.launch(spec, inner)),
    checkLaunch: (ticket, ctx) => through('checkLaunch', ctx, (inner) => provider.checkLaunch(ticket, inner)),
    terminate: (id, ctx) => through('terminate', ctx, (inner) => provider.terminate(id, inner)),
    listInstances: (ctx) => through('listInstances', ctx, (inner) => provider.listInstances(inner)),
    ...(provider.zones !== undefined && {
      zones: (ctx) => through('zones', ctx, async (inner) => provider.zones?.(inner) ?? []),
    }),
    ...(provider.consoleLog !== undefined && {
      consoleLog: (id, ctx) => through('consoleLog', ctx, async (inner) => provider.consoleLog?.(id, inner)),
    }),
    ...(images !== undefined && { images: interceptImages(images, through) }),
    ...(quota !== undefined && { quota: interceptQuota(quota, through) }),
    ...(leaks !== undefined && { leaks: interceptLeaks(leaks, through) }),
    ...(provider.pacesRequests && { pacesRequests: true }),
    ...(provider.onlyExisting && { onlyExisting: true }),
    ...(provider.close !== undefined && { close: async () => provider.close?.() }),
  };
}

type CallBasics = Pick<CallContext, 'signal' | 'pace' | 'span'>;

type Through = <Ctx extends CallBasics, T>(
  method: ProviderMethod,
  ctx: Ctx,
  call: (ctx: Ctx) => Promise<T>,
) => Promise<T>;

function interceptImages(images: ImageStore, through: Through): ImageStore {
  const { hasCloudImage } = images;
  return {
    // Read anew each time: it may depend on a file that was not there at first.
    get format() {
      return images.format;
    },
    ...(images.vhdSubformat !== undefined && { vhdSubformat: images.vhdSubformat }),
    ...(images.keepsUnknown && { keepsUnknown: true }),
    upload: (spec, ctx) => through('images.upload', ctx, (inner) => images.upload(spec, inner)),
    remove: (id, ctx) => through('images.remove', ctx, (inner) => images.remove(id, inner)),
    list: (ctx) => through('images.list', ctx, (inner) => images.list(inner)),
    ...(hasCloudImage !== undefined && {
      hasCloudImage: (image, ctx) =>
        through('images.hasCloudImage', ctx, (inner) => hasCloudImage.call(images, image, inner)),
    }),
  };
}

function interceptQuota(quota: QuotaSource, through: Through): QuotaSource {
  return {
    limits: (ctx) => through('quota.limits', ctx, (inner) => quota.limits(inner)),
    needed: (pool, label, ctx) => through('quota.needed', ctx, (inner) => quota.needed(pool, label, inner)),
  };
}

function interceptLeaks(leaks: LeakSweeper, through: Through): LeakSweeper {
  return {
    list: (ctx) => through('leaks.list', ctx, (inner) => leaks.list(inner)),
    remove: (candidate, ctx) => through('leaks.remove', ctx, (inner) => leaks.remove(candidate, inner)),
  };
}
