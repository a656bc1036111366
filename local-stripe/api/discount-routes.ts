/** The API of coupons and promotion codes. https://docs.stripe.com/api/coupons, https://docs.stripe.com/api/promotion_codes */
import type Stripe from 'stripe';
import { z } from 'zod';
import { invalid } from '../errors';
import {
  amount,
  bool,
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
import { getCoupon } from '../records/discounts';
import type { Metadata, PromotionCode, Wire } from '../types';
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
const promotionCreate = z.strictObject({
  promotion: z.strictObject({ type: z.enum(['coupon']), coupon: filled }),
  code: filled.optional(),
  active: bool.optional(),
  customer: filled.optional(),
  customer_account: ignored,
  expires_at: int.optional(),
  max_redemptions: int.optional(),
  metadata: metadata.optional(),
  restrictions: z
    .strictObject({
      first_time_transaction: bool.optional(),
      minimum_amount: amount.optional(),
      minimum_amount_currency: filled.optional(),
      currency_options: ignored,
    })
    .optional(),
  expand,
});

function createCoupon({ app, params }: Call): object {
  const given = parse(couponCreate, params);
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
    currency: given.currency?.toLowerCase() ?? null,
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

function createPromotion({ app, params }: Call): object {
  const given = parse(promotionCreate, params);
  const coupon = getCoupon(app, given.promotion.coupon, 'promotion[coupon]');
  const code = given.code ?? app.ids.code('promotion', 8);
  if (app.store.by('promotion_codes', 'code', code.toLowerCase()).some((one) => one.active)) {
    throw invalid(
      `An active promotion code with \`code: ${code}\` already exists.`,
      'code',
      'resource_already_exists',
    );
  }
  const promotion: PromotionCode = {
    id: app.ids.make('promo'),
    object: 'promotion_code',
    active: given.active ?? true,
    code,
    created: app.now,
    customer: given.customer ?? null,
    customer_account: null,
    expires_at: given.expires_at ?? null,
    livemode: false,
    max_redemptions: given.max_redemptions ?? null,
    metadata: (given.metadata ?? {}) as Metadata,
    promotion: { coupon: coupon.id, type: 'coupon' },
    restrictions: {
      first_time_transaction: given.restrictions?.first_time_transaction ?? false,
      minimum_amount: given.restrictions?.minimum_amount ?? null,
      minimum_amount_currency: given.restrictions?.minimum_amount_currency ?? null,
    },
    times_redeemed: 0,
  } satisfies Wire<Stripe.PromotionCode>;
  app.store.put('promotion_codes', promotion);
  app.emit('promotion_code.created', promotion);
  return promotion;
}

const coupon = one('coupons', 'coupon');
const promotion = one('promotion_codes', 'promotion code');

export const discountRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/coupons', handler: createCoupon },
  list('/v1/coupons', 'coupons', { params: { created: range } }),
  retrieve('/v1/coupons/:id', 'coupons', coupon),
  update(
    '/v1/coupons/:id',
    'coupons',
    coupon,
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
      call.app.emit('coupon.deleted', gone);
      return deleted(gone);
    },
  },
  { method: 'POST', pattern: '/v1/promotion_codes', handler: createPromotion },
  list('/v1/promotion_codes', 'promotion_codes', {
    params: { active: bool, code: text, coupon: filled, customer: filled, created: range },
    same: ['active', 'customer'],
    where: (rec, given) =>
      (!given.code || rec.code.toLowerCase() === given.code.toLowerCase()) &&
      (!given.coupon || rec.promotion.coupon === given.coupon),
  }),
  retrieve('/v1/promotion_codes/:id', 'promotion_codes', promotion),
  update(
    '/v1/promotion_codes/:id',
    'promotion_codes',
    promotion,
    'promotion_code.updated',
    z.strictObject({ active: bool.optional(), metadata: metadata.optional(), restrictions: ignored, expand }),
    (rec, given) => {
      if (given.active !== undefined) rec.active = given.active;
      if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    },
  ),
];
