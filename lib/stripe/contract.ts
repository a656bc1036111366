import { catalogueClauses } from './contract-catalogue';
import { changeClauses } from './contract-changes';
import { checkoutClauses } from './contract-checkout';
import type { Clause } from './contract-clause';
import { customerClauses } from './contract-customers';
import { earlyEndClauses } from './contract-early-end';
import { endingClauses } from './contract-ending';
import { itemClauses } from './contract-items';
import { pendingClauses } from './contract-pending';
import { previewClauses } from './contract-previews';
import { readingClauses } from './contract-reading';
import { scheduleClauses } from './contract-schedules';

/**
 * What Tierline takes for granted of Stripe, as checks that run against any Stripe: local Stripe in every test run, a real
 * test account by `npm run test:stripe`. Where the two would part, the imitation is wrong. docs/stripe-contract.md says
 * which of it Stripe itself has confirmed.
 */
export const contract: { subject: string; clauses: Clause[] }[] = [
  { subject: 'Reading', clauses: readingClauses },
  { subject: 'Checkout', clauses: checkoutClauses },
  { subject: 'Customers and the portal', clauses: customerClauses },
  { subject: 'Products and prices', clauses: catalogueClauses },
  { subject: 'Changes of plan', clauses: changeClauses },
  { subject: 'Previews', clauses: previewClauses },
  { subject: 'Changes that wait for their money', clauses: pendingClauses },
  { subject: 'Schedules', clauses: scheduleClauses },
  { subject: 'Items', clauses: itemClauses },
  { subject: 'Ends', clauses: endingClauses },
  { subject: 'Ends before a period’s', clauses: earlyEndClauses },
];
