/** The API of promotion codes. https://docs.stripe.com/api/promotion_codes */
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
import type { Metadata, PromotionCode, Wire } from '../types';
import { list, retrieve, update } from './crud';

const promotionCreate = z.strictObject({
  promotion: z.strictObject({ type: z.enum(['coupon']), coupon: filled }),
  // https://docs.stripe.com/api/promotion_codes/create
  code: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/)
    .max(500)
    .optional(),
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

function createPromotion({ app, params }: Call): object {
  const given = parse(promotionCreate, params);
  const coupon = app.need('coupons', given.promotion.coupon, 'promotion[coupon]');
  const { expires_at: until, max_redemptions: times } = given;
  if (until !== undefined && (until <= app.now || until > (coupon.redeem_by ?? until)))
    throw invalid(
      '`expires_at` must lie in the future, and not after `redeem_by` of the coupon.',
      'expires_at',
    );
  if (times !== undefined && (times < 1 || times > (coupon.max_redemptions ?? times)))
    throw invalid(
      '`max_redemptions` must be positive, and no more than those of the coupon.',
      'max_redemptions',
    );
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

export const promotionCodeRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/promotion_codes', handler: createPromotion },
  list('/v1/promotion_codes', 'promotion_codes', {
    params: { active: bool, code: text, coupon: filled, customer: filled, created: range },
    same: ['active', 'customer'],
    where: (rec, given) =>
      (!given.code || rec.code.toLowerCase() === given.code.toLowerCase()) &&
      (!given.coupon || rec.promotion.coupon === given.coupon),
  }),
  retrieve('/v1/promotion_codes/:id', 'promotion_codes'),
  update(
    '/v1/promotion_codes/:id',
    'promotion_codes',
    'promotion_code.updated',
    z.strictObject({ active: bool.optional(), metadata: metadata.optional(), restrictions: ignored, expand }),
    (rec, given) => {
      if (given.active !== undefined) rec.active = given.active;
      if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    },
  ),
];
