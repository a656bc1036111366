/** The API of coupons. https://docs.stripe.com/api/coupons */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { DAY } from '../clock';
import { invalid, lacking } from '../errors';
import {
  amount,
  expand,
  filled,
  ignored,
  int,
  mergeMetadata,
  metadata,
  parse,
  range,
  text,
} from '../http/params';
import type { Call, Route } from '../http/router';
import { currencyGiven } from '../records/currencies';
import type { Metadata, Wire } from '../types';
import { deleted, list, one, retrieve, update } from './crud';

const couponCreate = z.strictObject({
  id: filled.optional(),
  amount_off: amount.optional(),
  percent_off: z.coerce.number().gt(0).max(100).optional(),
  currency: filled.optional(),
  duration: z.enum(['forever', 'once', 'repeating']).optional(),
  duration_in_months: int.optional(),
  max_redemptions: int.optional(),
  redeem_by: int.optional(),
  name: text.optional(),
  metadata: metadata.optional(),
  applies_to: z.strictObject({ products: z.array(filled) }).optional(),
  currency_options: ignored,
  expand,
});

/** What the declarations of `CouponCreateParams` say of each; 5 years = 1,826 days. */
function refuseTerms(app: App, given: z.output<typeof couponCreate>): void {
  const repeats = given.duration === 'repeating';
  if (repeats && !((given.duration_in_months ?? 0) > 0)) throw lacking('duration_in_months');
  if (!repeats && given.duration_in_months !== undefined)
    throw invalid('`duration_in_months` goes with `duration=repeating` only.', 'duration_in_months');
  if (given.amount_off === 0) throw invalid('`amount_off` must be positive.', 'amount_off');
  if (given.max_redemptions !== undefined && given.max_redemptions < 1)
    throw invalid('`max_redemptions` must be positive.', 'max_redemptions');
  const { redeem_by: by } = given;
  if (by !== undefined && (by <= app.now || by > app.now + 1826 * DAY))
    throw invalid('`redeem_by` must lie in the future, 5 years away at most.', 'redeem_by');
}

function createCoupon({ app, params }: Call): object {
  const given = parse(couponCreate, params);
  refuseTerms(app, given);
  if ((given.amount_off === undefined) === (given.percent_off === undefined)) {
    throw invalid(
      'You must pass exactly one of amount_off or percent_off.',
      'percent_off',
      'parameter_missing',
    );
  }
  if (given.amount_off !== undefined && !given.currency) {
    throw invalid('You must pass currency when passing amount_off', 'currency', 'parameter_missing');
  }
  if (given.id && app.store.get('coupons', given.id))
    throw invalid('Coupon already exists.', 'id', 'resource_already_exists');
  const coupon = {
    id: given.id ?? app.ids.code('coupon', 8),
    object: 'coupon',
    amount_off: given.amount_off ?? null,
    ...(given.applies_to ? { applies_to: given.applies_to } : {}),
    created: app.now,
    currency: given.currency ? currencyGiven(given.currency) : null,
    duration: given.duration ?? 'once',
    duration_in_months: given.duration_in_months ?? null,
    livemode: false,
    max_redemptions: given.max_redemptions ?? null,
    metadata: (given.metadata ?? {}) as Metadata,
    name: given.name || null,
    percent_off: given.percent_off ?? null,
    redeem_by: given.redeem_by ?? null,
    times_redeemed: 0,
    valid: true,
  } satisfies Wire<Stripe.Coupon>;
  app.store.put('coupons', coupon);
  app.emit('coupon.created', coupon);
  return coupon;
}

const coupon = one('coupons');

export const couponRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/coupons', handler: createCoupon },
  list('/v1/coupons', 'coupons', { params: { created: range } }),
  retrieve('/v1/coupons/:id', 'coupons'),
  update(
    '/v1/coupons/:id',
    'coupons',
    'coupon.updated',
    z.strictObject({
      name: text.optional(),
      metadata: metadata.optional(),
      currency_options: ignored,
      expand,
    }),
    (rec, given) => {
      if (given.name !== undefined) rec.name = given.name || null;
      if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    },
  ),
  {
    method: 'DELETE',
    pattern: '/v1/coupons/:id',
    handler: (call) => {
      const gone = coupon(call);
      call.app.store.remove('coupons', gone.id);
      call.app.store.put('retired_coupons', gone);
      call.app.emit('coupon.deleted', gone);
      return deleted(gone);
    },
  },
];
