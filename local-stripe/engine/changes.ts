/**
 * What a change of items costs: read → decide → (elsewhere) write. The preview is the same decision without the
 * write. https://docs.stripe.com/billing/subscriptions/prorations
 *
 * Credits are worth what was really billed, after discounts (stripe.md 14); an item in trial was billed nothing. A
 * change of interval starts a new period now and bills it whole (stripe.md 22).
 */
import type { App } from '../app';
import { invalid, missing } from '../errors';
import { couponOf } from '../records/discounts';
import { type Draft, draft } from '../records/drafts';
import { priceAmount, prorationWords } from '../records/price-words';
import { getRecurring } from '../records/prices';
import { periodAfter, shapeItem, truncateBilled } from '../records/subscription-items';
import type { Discount, ItemChange, Price, Subscription, SubscriptionItem } from '../types';

export interface Change {
  items: ItemChange[];
  behavior: 'create_prorations' | 'always_invoice' | 'none';
  date?: number | undefined;
  resetAnchor: boolean;
  trialEnd?: number | 'now' | undefined;
  discounts: Discount[];
}

export interface Plan {
  at: number;
  items: SubscriptionItem[];
  anchor: number;
  trialEnd: number | null;
  reset: boolean;
  /** Items whose billed time ends at `at`. */
  ended: string[];
  credits: Draft[];
  charges: Draft[];
  touchesItems: boolean;
}

export function planChange(app: App, sub: Subscription, change: Change, newId: () => string): Plan {
  const at = change.date ?? app.now;
  const trialing = sub.trial_end !== null && sub.trial_end > app.now;
  const endsTrial = change.trialEnd === 'now' && trialing;
  const startsTrial =
    typeof change.trialEnd === 'number' && change.trialEnd > app.now && change.trialEnd !== sub.trial_end;
  const staysInTrial = (trialing && !endsTrial && change.trialEnd === undefined) || startsTrial;
  const target = sub.items.map((item) => ({ item: structuredClone(item), changed: false, added: false }));
  const ended: string[] = [];
  let intervalChanged = false;
  for (const one of change.items) {
    if (one.id) {
      const known = target.find((row) => row.item.id === one.id);
      if (!known) throw missing('subscription item', one.id, 'items[0][id]');
      const old = getRecurring(app, known.item.price);
      if (one.deleted) {
        target.splice(target.indexOf(known), 1);
        ended.push(known.item.id);
        continue;
      }
      const price = one.price ?? old;
      const quantity = one.quantity ?? known.item.quantity ?? 1;
      if (one.metadata) known.item.metadata = one.metadata;
      if (price.id === old.id && quantity === known.item.quantity) continue;
      if (price.currency !== sub.currency) throw currencyError(price, sub);
      known.changed = true;
      known.item.price = price.id;
      known.item.quantity = quantity;
      ended.push(known.item.id);
      if (
        price.recurring?.interval !== old.recurring?.interval ||
        price.recurring?.interval_count !== old.recurring?.interval_count
      ) {
        intervalChanged = true;
      }
    } else if (one.price) {
      if (one.price.currency !== sub.currency) throw currencyError(one.price, sub);
      if (target.some((row) => row.item.price === one.price?.id)) {
        throw invalid('Subscription already has an item with this price.', 'items[0][price]');
      }
      target.push({
        item: shapeItem(
          app,
          sub.id,
          one.price,
          one.quantity ?? 1,
          { start: 0, end: 0 },
          newId(),
          one.metadata,
        ),
        changed: true,
        added: true,
      });
    }
  }
  if (target.length === 0) throw invalid('A subscription must have at least one active plan.', 'items');
  const now = app.now;
  const reset = !staysInTrial && (endsTrial || change.resetAnchor || intervalChanged);
  const anchor = startsTrial ? (change.trialEnd as number) : reset ? now : sub.billing_cycle_anchor;
  const trialEnd = endsTrial ? now : startsTrial ? (change.trialEnd as number) : sub.trial_end;
  const prorates = change.behavior !== 'none' && !(trialing && staysInTrial && !startsTrial);
  const creditAt = reset ? Math.min(at, now) : at;
  const credits: Draft[] = [];
  const charges: Draft[] = [];
  const crediting = startsTrial || reset ? sub.items.map((item) => item.id) : ended;
  if (prorates) {
    for (const itemId of crediting) credits.push(...creditsFor(app, sub, itemId, creditAt));
  }
  for (const { item, changed, added } of target) {
    const price = getRecurring(app, item.price);
    const quantity = item.quantity ?? 1;
    if (staysInTrial) {
      const end = trialEnd as number;
      if (startsTrial || added)
        Object.assign(item, {
          current_period_start: startsTrial || sub.trial_start === null ? now : sub.trial_start,
          current_period_end: end,
        });
      continue;
    }
    if (reset) {
      item.current_period_start = now;
      item.current_period_end = periodAfter(price, now, now);
      charges.push(
        draft(app, sub, item, price, priceAmount(price, quantity), now, item.current_period_end, false),
      );
      continue;
    }
    if (added) {
      item.current_period_end = periodAfter(price, anchor, now);
      const peer = sub.items.find((one) => one.current_period_end === item.current_period_end);
      item.current_period_start = peer?.current_period_start ?? now;
    }
    if (changed && prorates) {
      const { current_period_start: start, current_period_end: end } = item;
      const from = Math.max(at, start);
      const full = priceAmount(price, quantity);
      const share = Math.round((full * (end - from)) / (end - start));
      charges.push(
        draft(app, sub, item, price, afterDiscounts(app, share, price, change.discounts), from, end, true),
      );
    }
  }
  return {
    at: creditAt,
    items: target.map((row) => row.item),
    anchor,
    trialEnd,
    reset,
    ended: crediting,
    credits,
    charges,
    touchesItems: ended.length > 0 || target.some((row) => row.added) || reset || startsTrial,
  };
}

function creditsFor(app: App, sub: Subscription, itemId: string, at: number): Draft[] {
  const item = sub.items.find((one) => one.id === itemId);
  const price = app.store.get('prices', item?.price);
  if (!item || !price) return [];
  return sub._.billed
    .filter((billed) => billed.item === itemId && billed.end > at)
    .map((billed) => {
      const from = Math.max(at, billed.start);
      const unused = Math.round((billed.amount * (billed.end - from)) / (billed.end - billed.start));
      return {
        ...draft(app, sub, item, price, -unused, from, billed.end, true),
        description: prorationWords(app, 'Unused', price, item.quantity ?? 1, from),
        credited:
          billed.invoice && billed.line
            ? { invoice: billed.invoice, invoice_line_items: [billed.line] }
            : null,
      };
    })
    .filter((one) => one.amount !== 0);
}

/** Prorations of flexible billing include the discount in their amount. https://docs.stripe.com/billing/subscriptions/billing-mode */
function afterDiscounts(app: App, amount: number, price: Price, discounts: Discount[]): number {
  let left = amount;
  for (const discount of discounts) {
    const coupon = couponOf(app, discount);
    if (!coupon?.percent_off || (coupon.applies_to && !coupon.applies_to.products.includes(price.product)))
      continue;
    left -= Math.round((left * coupon.percent_off) / 100);
  }
  return left;
}

function currencyError(price: Price, sub: Subscription): Error {
  return invalid(
    `The price specified only supports \`${price.currency}\`. This doesn't match the expected currency: \`${sub.currency}\`.`,
    'items[0][price]',
  );
}

/** Writes a planned change of items onto the record (no event). */
export function writePlan(sub: Subscription, plan: Plan): void {
  sub.items = plan.items;
  sub.billing_cycle_anchor = plan.anchor;
  sub._.billed = truncateBilled(sub._.billed, plan.ended, plan.at);
  if (sub.trial_end !== plan.trialEnd) {
    sub.trial_end = plan.trialEnd;
    if (plan.trialEnd) sub.trial_start ??= sub.created;
  }
}
