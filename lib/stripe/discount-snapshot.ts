import { z } from 'zod';
import { date, seconds } from './shapes';

const couponShape = z.object({
  id: z.string(),
  percent_off: z.number().nullish(),
  amount_off: z.number().nullish(),
  currency: z.string().nullish(),
  duration: z.string(),
  name: z.string().nullish(),
});
export const discountShape = z.union([
  z.string(),
  z.object({
    id: z.string(),
    end: seconds.nullish(),
    coupon: couponShape.nullish(),
    source: z.object({ coupon: z.union([z.string(), couponShape]).nullish() }).nullish(),
  }),
]);

export type DiscountSnapshot = NonNullable<ReturnType<typeof readDiscount>>;

/** A discount of a subscription or a customer; undefined when it is only named, not told. */
export function readDiscount(raw: z.infer<typeof discountShape>) {
  if (typeof raw === 'string') return undefined;
  const coupon = raw.coupon ?? raw.source?.coupon;
  if (!coupon || typeof coupon === 'string') return undefined;
  return {
    id: raw.id,
    name: coupon.name ?? coupon.id,
    percentOff: coupon.percent_off ?? null,
    amountOff: coupon.amount_off ?? null,
    currency: coupon.currency?.toUpperCase() ?? null,
    duration: coupon.duration,
    end: date(raw.end),
  };
}
