/** What the portal’s buttons do. A card changed here neither re-points subscriptions nor pays what is open (stripe.md D64). */
import type Stripe from 'stripe';
import { cardBehavior } from '../cards';
import { formatDay } from '../clock';
import { detach, makeCard, setDefault } from '../records/payment-methods';
import { confirmSetup, makeSetupIntent } from '../records/setup-intents';
import { ENDED, endNow, periodEnd } from '../records/subscriptions';
import { createTaxId, removeTaxId } from '../records/tax-ids';
import type { Subscription } from '../types';
import type { Page } from './checkout';
import { addressOf, authenticationForm, cardOf, type Fields } from './fields';
import { layout } from './layout';
import type { Here } from './portal-sections';

/** Does what was asked and says so, or answers with a page of its own; throws words for the person at it. */
export function act(here: Here, values: Fields): string | Page {
  const { app, configuration, customer } = here;
  const allowed = configuration.features;
  switch (values.do ?? (values.authentication ? 'add' : '')) {
    case 'cancel':
      return cancel(here, values);
    case 'reactivate': {
      const sub = own(here, values.subscription);
      app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
        rec.cancel_at = null;
        rec.cancel_at_period_end = false;
        rec.canceled_at = null;
        rec.cancellation_details = { comment: null, feedback: null, feedback_option: null, reason: null };
      });
      return 'Your subscription goes on.';
    }
    case 'add':
      if (!allowed.payment_method_update.enabled) throw new Error('Cards cannot be changed here.');
      return addCardNow(here, values);
    case 'default': {
      setDefault(app, customer, card(here, values.method));
      return 'Default card changed.';
    }
    case 'remove': {
      const method = app.store.get('payment_methods', card(here, values.method));
      if (method) detach(app, method);
      return 'Card removed.';
    }
    case 'details': {
      const may = new Set<string>(allowed.customer_update.allowed_updates);
      app.change('customers', customer, 'customer.updated', (rec) => {
        if (may.has('name') && values.name !== undefined) rec.name = values.name || null;
        if (may.has('email') && values.email) rec.email = values.email;
        if (may.has('address') && values.country) rec.address = addressOf(values) ?? null;
      });
      return 'Saved.';
    }
    case 'tax_id':
      if (!allowed.customer_update.allowed_updates.includes('tax_id'))
        throw new Error('Tax IDs cannot be changed here.');
      createTaxId(app, customer, 'eu_vat', values.value ?? '');
      return 'Tax ID added. It is being checked.';
    case 'remove_tax_id': {
      const taxId = app.store.get('tax_ids', values.tax_id);
      if (taxId?.customer === customer.id) removeTaxId(app, taxId);
      return 'Tax ID removed.';
    }
    default:
      throw new Error('Nothing was chosen.');
  }
}

function own({ app, customer }: Here, subId: string | undefined): Subscription {
  const sub = app.store.get('subscriptions', subId);
  if (!sub || sub.customer !== customer.id || ENDED.includes(sub.status))
    throw new Error('This subscription has ended.');
  if (sub.schedule) throw new Error('A change of this subscription is scheduled; cancel that first.');
  return sub;
}

function card({ app, customer }: Here, methodId: string | undefined): string {
  const method = app.store.get('payment_methods', methodId);
  if (!method || method.customer !== customer.id) throw new Error('This card is no longer there.');
  return method.id;
}

/** On flexible billing the portal sets `cancel_at` and leaves the flag false (stripe.md 15). */
function cancel(here: Here, values: Fields): string {
  const { app, configuration } = here;
  const feature = configuration.features.subscription_cancel;
  if (!feature.enabled) throw new Error('Subscriptions cannot be cancelled here.');
  const sub = own(here, values.subscription);
  const feedback = (values.feedback || null) as Stripe.Subscription.CancellationDetails.Feedback | null;
  if (feature.mode === 'immediately') {
    endNow(app, sub, 'cancellation_requested', { atOnce: true, comment: values.comment || null, feedback });
    return 'Your subscription has ended.';
  }
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    // The latest end of its items, and it does not follow them later (stripe.md D46).
    rec.cancel_at = rec.status === 'trialing' && rec.trial_end ? rec.trial_end : periodEnd(rec, 'max');
    if (rec.billing_mode.type === 'classic') rec.cancel_at_period_end = true;
    rec.canceled_at = app.now;
    rec.cancellation_details = {
      comment: values.comment || null,
      feedback,
      feedback_option: null,
      reason: 'cancellation_requested',
    };
  });
  return `Your subscription ends on ${formatDay(sub.cancel_at ?? app.now)}.`;
}

function addCardNow(here: Here, values: Fields): string | Page {
  const { app, session, customer } = here;
  const given = cardOf(values, app.now);
  const behavior = cardBehavior(given.number);
  if (behavior.kind === 'authenticates' && !values.authentication) {
    const { do: _do, ...carried } = values;
    return {
      status: 200,
      html: layout(
        'Authenticate',
        authenticationForm(`/p/session/${session.id}`, 'the card asks for authentication', carried),
        'narrow',
      ),
    };
  }
  const intent = makeSetupIntent(app, customer.id);
  const method = makeCard(app, { ...given, name: customer.name, email: customer.email });
  const failed = values.authentication === 'failed' || (behavior.kind === 'authenticates' && behavior.fails);
  const outcome = confirmSetup(
    app,
    intent,
    method,
    behavior.kind === 'authenticates' ? (failed ? 'failed' : 'passed') : undefined,
  );
  if (typeof outcome !== 'string') throw new Error(outcome.message);
  if (values.default || !customer.invoice_settings.default_payment_method) {
    setDefault(app, customer, method.id);
  }
  return 'Your card was saved.';
}
