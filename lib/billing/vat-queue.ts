import type { Tx } from '@/db/client';
import { enqueue } from '@/lib/queue';

/** Asks, in the transaction of what changed, that who owes the VAT is weighed again and Stripe brought to it. */
export const askToWeigh = (tx: Tx, merchantId: string): Promise<void> =>
  enqueue(tx, 'apply_tax_treatment', { merchantId }, { key: `apply_tax_treatment:${merchantId}` });

/** The same, and what Stripe says of the customer is read first: an invoice shows what no event has told us of. */
export const askToLook = (tx: Tx, merchantId: string): Promise<void> =>
  enqueue(
    tx,
    'apply_tax_treatment',
    { merchantId, look: true },
    { key: `apply_tax_treatment:look:${merchantId}` },
  );

/** A member state always waits in the same queue; which shares it does not matter. Jobs of one queue run one at a time. */
const queueOf = (number: string): string =>
  `vies:${(number.charCodeAt(0) + number.charCodeAt(1)) % VIES_QUEUES}`;

const VIES_QUEUES = 2;

/**
 * Asks that VIES be asked about a merchant's number, now or at `runAt` (real time). One at a time per member state: it
 * refuses who asks more (vies.md 16). And two at a time of all: a silent VIES leaves half of a worker to other work.
 */
export const askToCheck = (tx: Tx, merchantId: string, number: string, runAt?: Date): Promise<void> =>
  enqueue(
    tx,
    'check_vat_number',
    { merchantId },
    {
      key: `check_vat_number:${merchantId}`,
      queue: queueOf(number),
      ...(runAt ? { runAt } : {}),
    },
  );
