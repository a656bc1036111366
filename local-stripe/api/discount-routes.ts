/** The API of coupons and promotion codes. https://docs.stripe.com/api/coupons, https://docs.stripe.com/api/promotion_codes */
import type Stripe from 'stripe';
import { z } from 'zod';
import { invalid, missing } from '../errors';
import { page } from '../http/list';
import {
  amount,
  bool,
  expand,
  filled,
  ignored,
  inRange,
  int,
  mergeMetadata,
  metadata,
  paging,
  parse,
  range,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { getCoupon } from '../records/discounts';
import { strip } from '../records/strip';
import type { Metadata, PromotionCode, Wire } from '../types';

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

function updateCoupon(call: Call): object {
  const { app } = call;
  const coupon = getCoupon(app, id(call));
  const given = parse(
    z.strictObject({
      name: text.optional(),
      metadata: metadata.optional(),
      currency_options: ignored,
      expand,
    }),
    call.params,
  );
  app.change('coupons', coupon, 'coupon.updated', (rec) => {
    if (given.name !== undefined) rec.name = given.name || null;
    if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
  });
  return strip(coupon);
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

function getPromotion(call: Call): PromotionCode {
  const promotion = call.app.store.get('promotion_codes', id(call));
  if (!promotion) throw missing('promotion code', id(call));
  return promotion;
}

function updatePromotion(call: Call): object {
  const promotion = getPromotion(call);
  const given = parse(
    z.strictObject({ active: bool.optional(), metadata: metadata.optional(), restrictions: ignored, expand }),
    call.params,
  );
  call.app.change('promotion_codes', promotion, 'promotion_code.updated', (rec) => {
    if (given.active !== undefined) rec.active = given.active;
    if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
  });
  return strip(promotion);
}

const promotionList = z.strictObject({
  ...paging,
  active: bool.optional(),
  code: text.optional(),
  coupon: filled.optional(),
  customer: filled.optional(),
  created: range.optional(),
});

export const discountRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/coupons', handler: createCoupon },
  {
    method: 'GET',
    pattern: '/v1/coupons',
    handler: ({ app, params }) => {
      const given = parse(z.strictObject({ ...paging, created: range.optional() }), params);
      return page(
        [...app.store.all('coupons')].filter((one) => inRange(one.created, given.created)),
        given,
        '/v1/coupons',
        strip,
      );
    },
  },
  { method: 'GET', pattern: '/v1/coupons/:id', handler: (call) => strip(getCoupon(call.app, id(call))) },
  { method: 'POST', pattern: '/v1/coupons/:id', handler: updateCoupon },
  {
    method: 'DELETE',
    pattern: '/v1/coupons/:id',
    handler: (call) => {
      const coupon = getCoupon(call.app, id(call));
      call.app.store.remove('coupons', coupon.id);
      call.app.emit('coupon.deleted', strip(coupon));
      return { id: coupon.id, object: 'coupon', deleted: true };
    },
  },
  { method: 'POST', pattern: '/v1/promotion_codes', handler: createPromotion },
  {
    method: 'GET',
    pattern: '/v1/promotion_codes',
    handler: ({ app, params }) => {
      const given = parse(promotionList, params);
      const found = [...app.store.all('promotion_codes')].filter(
        (one) =>
          (given.active === undefined || one.active === given.active) &&
          (!given.code || one.code.toLowerCase() === given.code.toLowerCase()) &&
          (!given.coupon || one.promotion.coupon === given.coupon) &&
          (!given.customer || one.customer === given.customer) &&
          inRange(one.created, given.created),
      );
      return page(found, given, '/v1/promotion_codes', strip);
    },
  },
  { method: 'GET', pattern: '/v1/promotion_codes/:id', handler: (call) => strip(getPromotion(call)) },
  { method: 'POST', pattern: '/v1/promotion_codes/:id', handler: updatePromotion },
];
