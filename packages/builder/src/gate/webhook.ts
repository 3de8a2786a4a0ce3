import { type Clock, deadline, errorText, type Logger, type Random, retry } from '@nodepool/runtime';

/** What is told of an image that was refused. */
export interface Refusal {
  readonly image: string;
  readonly build: string;
  readonly provider: string;
  readonly upload: string;
  readonly reason: string;
  readonly builder: string;
  /** Seconds since the epoch. */
  readonly time: number;
}

const policy = { initialMs: 1_000, factor: 4, maxMs: 20_000, attempts: 3, jitter: 0.2 };
const answerMs = 10_000;

/** Posts a refusal. Its failure changes nothing; the address may hold a secret and is shown nowhere. Never rejects. */
export async function tellWebhook(
  url: string,
  refusal: Refusal,
  deps: { readonly clock: Clock; readonly random: Random; readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, log, signal } = deps;
  const body = JSON.stringify({ event: 'image-refused', ...refusal });
  const post = async (): Promise<void> => {
    using limit = deadline(clock, answerMs, signal);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal: limit.signal });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`);
  };
  try {
    await retry(post, policy, () => 0, deps);
  } catch (error) {
    log.warn({ error: errorText(error).replaceAll(url, '…') }, 'webhook was not told of a refused image');
  }
}
