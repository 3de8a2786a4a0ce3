/** Where traces go and what of them, as the environment says it. */
export interface TracingSettings {
  /** Takes OTLP as JSON over HTTP. */
  readonly url: string;
  readonly serviceName: string;
  /** Shown with every span. */
  readonly resource: Readonly<Record<string, string>>;
  /** Share of the traces that are kept, 0 to 1. */
  readonly ratio: number;
}

/** What cannot be used of the environment, in words. */
export interface BadSettings {
  readonly problem: string;
}

/**
 * Reads the variables that OpenTelemetry has specified. Headers, time-outs, compression and certificates are read by
 * the exporter itself.
 *
 * @param serviceName unless the environment gives another.
 * @returns undefined when nothing is to be traced.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ and .../configuration/sdk-environment-variables/
 */
export function tracingSettings(
  env: Readonly<Record<string, string | undefined>>,
  serviceName: string,
): TracingSettings | BadSettings | undefined {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return undefined;
  if (env['OTEL_TRACES_EXPORTER'] === 'none') return undefined;
  const address = endpoint(env);
  if (address === undefined) return undefined;
  if (!/^https?:$/.test(URL.parse(address)?.protocol ?? '')) return { problem: 'the endpoint is no http or https URL' };
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  if (protocol === 'grpc') return { problem: 'OTLP is spoken over HTTP only, not over gRPC' };
  const resource = resourceAttributes(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '');
  const ratio = sampledShare(env);
  if (ratio === undefined) return { problem: 'OTEL_TRACES_SAMPLER and its argument are not understood' };
  return {
    url: address,
    serviceName: env['OTEL_SERVICE_NAME'] || resource['service.name'] || serviceName,
    resource,
    ratio,
  };
}

function endpoint(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const own = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  if (own) return own;
  const common = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return common ? `${common.replace(/\/+$/, '')}/v1/traces` : undefined;
}

/** `key=value` pairs with commas between them, percent-encoded. */
function resourceAttributes(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    return key === undefined || value === undefined ? [] : [[key, decoded(value)] as const];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function sampledShare(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const argument = env['OTEL_TRACES_SAMPLER_ARG'];
  const ratio = argument === undefined || argument === '' ? 1 : Number(argument);
  switch (env['OTEL_TRACES_SAMPLER'] || 'always_on') {
    case 'always_on':
    case 'parentbased_always_on':
      return 1;
    case 'always_off':
    case 'parentbased_always_off':
      return 0;
    case 'traceidratio':
    case 'parentbased_traceidratio':
      return ratio >= 0 && ratio <= 1 ? ratio : undefined;
    default:
      return undefined;
  }
}
