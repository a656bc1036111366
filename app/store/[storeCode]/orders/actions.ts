'use server';

import { z } from 'zod';
import { getTranslations } from '@/lib/i18n/translations';
import { placeOrder } from '@/lib/orders/orders';
import { storeAction } from '../context';

const order = z.object({
  customer: z.string().trim().min(1).max(120),
  total: z.coerce
    .number()
    .min(0)
    .max(10_000_000)
    .transform((euros) => Math.round(euros * 100)),
});

/** Takes an order; it counts for the running billing month. */
export const addOrder = storeAction(order, async ({ customer, total }, { db, place, now }) => {
  const placed = await placeOrder(db, place, { customerName: customer, currency: 'EUR', total }, { now });
  return (await getTranslations('store.orders'))('placed', { number: placed.number });
});
