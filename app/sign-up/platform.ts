import { getPlatform } from '@/lib/billing/accounts';
import { database } from '@/lib/database';
import { NotFound } from '@/lib/errors';

/** The platform a visitor joins: the one of the link, else `market`. Null when there is none or it takes nobody. */
export async function findOpenPlatform(code: string) {
  try {
    const platform = await getPlatform(database(), code || 'market');
    return platform.signUpOpen ? platform : null;
  } catch (error) {
    if (error instanceof NotFound) return null;
    throw error;
  }
}
