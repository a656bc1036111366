import { database } from '@/lib/database';
import { checkHealth, checkLive, checkReady } from '@/lib/health';

export const dynamic = 'force-dynamic';

/**
 * How this installation is. `?probe=live`: this process runs (200, needs nothing). `?probe=ready`: it may be sent requests
 * (503 without its database, or once it was told to end). Without a probe the whole report, for people and monitors: 503 when
 * the database or Stripe is down, 200 `degraded` while workers are late, which no app can mend by being taken out.
 */
export async function GET(request: Request): Promise<Response> {
  const probe = new URL(request.url).searchParams.get('probe');
  if (probe === 'live') return tell(checkLive(), true);
  if (probe === 'ready') {
    const ready = await checkReady(database());
    return tell(ready, ready.status === 'ok');
  }
  const health = await checkHealth(database());
  return tell(health, health.status !== 'down' && health.checks.stripe.status !== 'down');
}

function tell(report: object, well: boolean): Response {
  return Response.json(report, { status: well ? 200 : 503, headers: { 'cache-control': 'no-store' } });
}
