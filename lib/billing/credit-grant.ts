import { grant } from './features';

/** Credits that a tier gives each billing month; `credits.ts` books them. */
export const monthlyCredits = grant('monthly_credits', {
  name: 'Monthly credits',
  category: 'credits',
  unit: 'credit',
});
