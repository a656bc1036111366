'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { getTranslations } from '@/lib/i18n/translations';
import { placeOrder } from '@/lib/orders/orders';
import { attempt } from '../../../form-answer';
import { storeContext, storeOf, unlockHref } from '../context';

const order = z.object({
  customer: z.string().trim().min(1).max(120),
  total: z.coerce
    .number()
    .min(0)
    .max(10_000_000)
    .transform((euros) => Math.round(euros * 100)),
});

/** Takes an order; it counts for the running billing month. */
export async function addOrder(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(
    form,
    order,
    async ({ customer, total }) => {
      const { db, place, now } = await storeContext(storeOf(form), 'write');
      const placed = await placeOrder(db, place, { customerName: customer, currency: 'EUR', total }, { now });
      refresh();
      return (await getTranslations('store.orders'))('placed', { number: placed.number });
    },
    { unlockHref: unlockHref(storeOf(form)) },
  );
}
