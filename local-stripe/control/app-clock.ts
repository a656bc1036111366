/** The app beside has a clock too: it is told where this one stands. */
import type { App } from '../app';
import { signature } from '../webhooks/sign';

const APP_ANSWER_MS = 60_000;

/** Where the app's clock is, if there is an app. */
export function clockTarget(app: App, appUrl: string | null): { url: string; secret: string } | null {
  const endpoint = [...app.store.all('webhook_endpoints')].find((one) => one.status === 'enabled');
  if (!endpoint) return null;
  const origin = appUrl ?? new URL(endpoint.url).origin;
  return {
    url: `${origin.replace(/\/$/, '')}/api/local/clock`,
    secret: app.webhookSecret ?? endpoint._.secret,
  };
}

/** False when nobody is there: no further waits in this call. Five seconds to connect, then as long as its jobs take. */
export async function tellClock(
  target: { url: string; secret: string },
  at: number,
  offsetMs: number,
): Promise<boolean> {
  const body = JSON.stringify({ now: at, offset_ms: Math.round(offsetMs) });
  const until = Date.now() + 5000;
  for (;;) {
    try {
      const response = await fetch(target.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'stripe-signature': signature(target.secret, body) },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(APP_ANSWER_MS),
      });
      await response.arrayBuffer();
      return response.status !== 404;
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') return false;
      if (Date.now() > until) return false;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
