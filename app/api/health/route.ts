import { database } from '@/lib/database';
import { checkHealth } from '@/lib/health';

export const dynamic = 'force-dynamic';

/**
 * Whether this installation works: 503 when a part is down. A probe (`?probe=live|ready`) stays 200 while only Stripe is
 * out, so that an orchestrator does not restart what it cannot mend.
 */
export async function GET(request: Request): Promise<Response> {
  const probe = new URL(request.url).searchParams.get('probe');
  const health = await checkHealth(database());
  const well = health.status === 'ok' || (probe !== null && health.status === 'degraded') || probe === 'live';
  return Response.json(health, { status: well ? 200 : 503, headers: { 'cache-control': 'no-store' } });
}
