import { listPlatforms } from '@/lib/billing/accounts';
import { staffContext } from './context';

/** The platform a page of the catalogue is about: the one named, else `market`, else the first. All of them for the choice. */
export async function choosePlatform(named: string | undefined) {
  const { db } = await staffContext();
  const all = await listPlatforms(db);
  const chosen = all.find((row) => row.code === named) ?? all.find((row) => row.code === 'market') ?? all[0];
  if (!chosen) throw new Error('the installation has no platform');
  return { chosen, all };
}
