import { eq } from 'drizzle-orm';
import { merchants } from '@/db/schema';
import { database } from '@/lib/database';

/** One query by primary key, answered as JSON. */
export async function GET(request: Request): Promise<Response> {
  const id = new URL(request.url).searchParams.get('merchant') ?? '';
  const [merchant] = await database().select().from(merchants).where(eq(merchants.id, id));
  return Response.json({ merchant });
}
