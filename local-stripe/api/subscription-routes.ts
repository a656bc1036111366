/** The API of subscriptions. https://docs.stripe.com/api/subscriptions */
import { z } from 'zod';
import { updateSubscription } from '../engine/subscription-update';
import { invalid } from '../errors';
import { filled, ignored, inRange, range, text } from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { updateParams } from '../records/subscription-params';
import { ENDED } from '../records/subscriptions';
import type { Subscription } from '../types';
import { act, list, retrieve } from './crud';
import { cancelParams, cancelSubscription } from './subscription-cancel';
import { createSubscription } from './subscription-create';
import { pauseParams, pauseSubscription, resumeParams, resumeSubscription } from './subscription-pause';

const STATUSES = [
  'active',
  'all',
  'canceled',
  'ended',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
] as const;

/** Without `status` canceled ones are left out. https://docs.stripe.com/api/subscriptions/list */
function hasStatus(sub: Subscription, status: (typeof STATUSES)[number] | undefined): boolean {
  if (status === 'all') return true;
  if (status === 'ended') return ENDED.includes(sub.status);
  return status ? sub.status === status : sub.status !== 'canceled';
}

const listAll = list('/v1/subscriptions', 'subscriptions', {
  params: {
    collection_method: text,
    created: range,
    current_period_end: range,
    current_period_start: range,
    customer: filled,
    price: filled,
    plan: filled,
    status: z.enum(STATUSES),
    test_clock: filled,
    automatic_tax: ignored,
  },
  by: ['customer'],
  same: ['collection_method'],
  where: (sub, given) => {
    const price = given.price ?? given.plan;
    return (
      hasStatus(sub, given.status) &&
      (given.customer !== undefined || sub.test_clock === (given.test_clock ?? null)) &&
      (!price || sub.items.some((item) => item.price === price)) &&
      sub.items.some(
        (item) =>
          inRange(item.current_period_end, given.current_period_end) &&
          inRange(item.current_period_start, given.current_period_start),
      )
    );
  },
});

/** Stripe lists nothing of a customer that never was; of a deleted one it does. */
function listOfCustomer(call: Call): object {
  const { customer } = call.params;
  const { store } = call.app;
  if (
    typeof customer === 'string' &&
    customer !== '' &&
    !store.get('customers', customer) &&
    !store.meta.counters[`deleted:${customer}`]
  ) {
    throw invalid(`No such customer: '${customer}'`, 'customer', 'resource_missing');
  }
  return listAll.handler(call);
}

export const subscriptionRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/subscriptions', handler: createSubscription },
  { ...listAll, handler: listOfCustomer },
  retrieve('/v1/subscriptions/:id', 'subscriptions'),
  act('/v1/subscriptions/:id', 'subscriptions', updateParams, (sub, given, app) => {
    updateSubscription(app, sub, given);
  }),
  act('/v1/subscriptions/:id', 'subscriptions', cancelParams, cancelSubscription, 'DELETE'),
  act('/v1/subscriptions/:id/pause', 'subscriptions', pauseParams, pauseSubscription),
  act('/v1/subscriptions/:id/resume', 'subscriptions', resumeParams, resumeSubscription),
  {
    method: 'DELETE',
    pattern: '/v1/subscriptions/:id/discount',
    handler: (call) => {
      const sub = call.app.need('subscriptions', id(call));
      call.app.on(sub.test_clock, () => updateSubscription(call.app, sub, { discounts: null }));
      return { object: 'discount', deleted: true };
    },
  },
];
