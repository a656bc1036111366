import { database } from '@/lib/database';
import { env } from '@/lib/env';
import { getViewer } from '@/lib/session';
import { businessNow } from '@/lib/time';
import { createApi } from './api';

export const dynamic = 'force-dynamic';

const api = createApi();

function handle(request: Request): Response | Promise<Response> {
  const db = database();
  return api.fetch(request, {
    db,
    findViewer: getViewer,
    now: () => businessNow(db),
    appUrl: env().APP_URL,
  });
}

export { handle as DELETE, handle as GET, handle as PATCH, handle as POST, handle as PUT };
