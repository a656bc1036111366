/** The API of subscription items: each change is a change of the subscription. https://docs.stripe.com/api/subscription_items */
import { z } from 'zod';
import type { App } from '../app';
import { updateSubscription } from '../engine/subscription-update';
import { invalid } from '../errors';
import { bool, expand, filled, ignored, parse } from '../http/params';
import { id, type Route } from '../http/router';
import { viewItem } from '../records/subscription-items';
import {
  itemParams,
  prorationBehavior,
  type UpdateGiven,
  updateParams,
} from '../records/subscription-params';
import type { Subscription, SubscriptionItem } from '../types';
import { deleted } from './crud';

function findItem(app: App, itemId: string): { sub: Subscription; item: SubscriptionItem } {
  for (const sub of app.store.all('subscriptions')) {
    const item = sub.items.find((one) => one.id === itemId);
    if (item) return { sub, item };
  }
  throw invalid(`No such subscription_item: '${itemId}'`, 'id', 'resource_missing');
}

const itemExtras = {
  payment_behavior: updateParams.shape.payment_behavior,
  proration_behavior: prorationBehavior.optional(),
  proration_date: updateParams.shape.proration_date,
  off_session: bool.optional(),
  expand,
};
const itemUpdate = itemParams.omit({ id: true, deleted: true }).extend(itemExtras).strict();
const itemCreate = itemParams
  .omit({ id: true, deleted: true })
  .extend({ ...itemExtras, subscription: filled })
  .strict();

function changeItems(
  app: App,
  sub: Subscription,
  item: z.output<typeof itemParams>,
  extras: {
    payment_behavior?: UpdateGiven['payment_behavior'];
    proration_behavior?: UpdateGiven['proration_behavior'];
    proration_date?: number | undefined;
    off_session?: boolean | undefined;
  },
): void {
  app.on(sub.test_clock, () =>
    updateSubscription(app, sub, {
      items: [item],
      ...(extras.payment_behavior ? { payment_behavior: extras.payment_behavior } : {}),
      ...(extras.proration_behavior ? { proration_behavior: extras.proration_behavior } : {}),
      ...(extras.off_session === undefined ? {} : { off_session: extras.off_session }),
      ...(extras.proration_date ? { proration_date: extras.proration_date } : {}),
    }),
  );
}

export const subscriptionItemRoutes: Route[] = [
  {
    method: 'GET',
    pattern: '/v1/subscription_items/:id',
    handler: (call) => viewItem(call.app, findItem(call.app, id(call)).item),
  },
  {
    method: 'POST',
    pattern: '/v1/subscription_items',
    handler: ({ app, params }) => {
      const {
        subscription,
        payment_behavior,
        proration_behavior,
        proration_date,
        off_session,
        expand: _expand,
        ...item
      } = parse(itemCreate, params);
      const sub = app.need('subscriptions', subscription, 'subscription');
      const had = new Set(sub.items.map((one) => one.id));
      changeItems(app, sub, item, { payment_behavior, proration_behavior, proration_date, off_session });
      const made =
        sub.items.find((one) => !had.has(one.id)) ??
        sub.pending_update?.subscription_items?.find((one) => !had.has(one.id));
      return viewItem(app, made as SubscriptionItem);
    },
  },
  {
    method: 'POST',
    pattern: '/v1/subscription_items/:id',
    handler: (call) => {
      const { app } = call;
      const { sub } = findItem(app, id(call));
      const {
        payment_behavior,
        proration_behavior,
        proration_date,
        off_session,
        expand: _expand,
        ...item
      } = parse(itemUpdate, call.params);
      changeItems(
        app,
        sub,
        { ...item, id: id(call) },
        { payment_behavior, proration_behavior, proration_date, off_session },
      );
      return viewItem(app, findItem(app, id(call)).item);
    },
  },
  {
    method: 'DELETE',
    pattern: '/v1/subscription_items/:id',
    handler: (call) => {
      const { sub, item } = findItem(call.app, id(call));
      const given = parse(
        z.strictObject({
          proration_behavior: prorationBehavior.optional(),
          proration_date: updateParams.shape.proration_date,
          payment_behavior: updateParams.shape.payment_behavior,
          clear_usage: ignored,
          off_session: bool.optional(),
        }),
        call.params,
      );
      changeItems(call.app, sub, { id: item.id, deleted: true }, given);
      return deleted(item);
    },
  },
];
