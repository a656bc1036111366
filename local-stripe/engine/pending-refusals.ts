/**
 * What a pending update may not be made of (stripe.md D42, D43).
 * https://docs.stripe.com/billing/subscriptions/pending-updates; what came later is in the changelog: `metadata`
 * (dahlia/2026-05-27/pending-subscription-update-metadata), `discounts`, `cancel_at_period_end`
 * (endive/2026-09-30/scheduled-subscription-cancellation).
 */
import type { App } from '../app';
import { invalid } from '../errors';
import type { UpdateGiven } from '../records/subscription-params';
import type { Subscription } from '../types';
import { methodFor } from './collect';

const COMPANIONS = new Set([
  'items',
  'payment_behavior',
  'proration_behavior',
  'proration_date',
  'billing_cycle_anchor',
  'trial_end',
  'trial_from_plan',
  'add_invoice_items',
  'expand',
  'metadata',
  'discounts',
  'cancel_at_period_end',
]);
/** `metadata` is an item's own where the call is made on the item. */
const OF_ITEMS = new Set(['id', 'price', 'quantity', 'discounts', 'metadata']);
/** The page's "Before you begin". Apple Pay and Google Pay are cards. */
const METHODS = new Set([
  'card',
  'link',
  'alipay',
  'amazon_pay',
  'afterpay_clearpay',
  'cashapp',
  'eps',
  'gopay',
  'kakao_pay',
  'klarna',
  'kr_card',
  'naver_pay',
  'ng_card',
  'paypal',
  'payto',
  'pix',
  'promptpay',
  'revolut_pay',
  'satispay',
  'crypto',
  'swish',
  'twint',
  'upi',
  'wechat_pay',
]);

export function refusePending(app: App, sub: Subscription, given: UpdateGiven): void {
  const takes = new Set<string>(app.settings.pending_updates_take);
  const odd =
    Object.keys(given).find((key) => !COMPANIONS.has(key) && !takes.has(key)) ??
    (given.items ?? [])
      .flatMap((item, at) => Object.keys(item).map((key) => [key, `items[${at}][${key}]`] as const))
      .find(([key]) => !OF_ITEMS.has(key) && !takes.has(key))?.[1];
  if (odd) throw invalid(`\`${odd}\` is not supported with \`payment_behavior=pending_if_incomplete\`.`, odd);
  if (sub.collection_method === 'send_invoice' && !takes.has('send_invoice'))
    throw refusal('a subscription that is collected by `send_invoice`');
  const method = methodFor(app, { customer: sub.customer, default_payment_method: null }, sub);
  if (method && !METHODS.has(method.type) && !takes.has('other_methods'))
    throw refusal(`a payment method of type \`${method.type}\``);
  if ((sub.status === 'past_due' || sub.status === 'unpaid') && !takes.has('past_due'))
    throw refusal(`a subscription that is \`${sub.status}\``);
}

function refusal(what: string): Error {
  return invalid(
    `\`payment_behavior=pending_if_incomplete\` is not supported for ${what}.`,
    'payment_behavior',
  );
}
