/** What an invoice would be: the same decisions as the real thing, nothing written. https://docs.stripe.com/api/invoices/create_preview */
import { invalid } from '../errors';
import { parse } from '../http/params';
import type { Call } from '../http/router';
import { viewInvoice } from '../records/invoices';
import { whose } from './preview-asked';
import { ofSchedule, ofSubscription } from './preview-change';
import { firstPhase, ofNothingYet, ofPhase } from './preview-new';
import { previewParams } from './preview-params';

/** Which of its invoices a preview is about, and that invoice. Nothing is written, no counter moves. */
export function preview(call: Call): object {
  const { app } = call;
  const given = parse(previewParams, call.params);
  // Each of `schedule` and `schedule_details` "cannot be used with `subscription`" or its fields.
  const ofSchedules = given.schedule !== undefined || given.schedule_details !== undefined;
  if (ofSchedules && (given.subscription !== undefined || given.subscription_details !== undefined))
    throw invalid(
      'You may not pass `subscription` or `subscription_details` together with `schedule` or `schedule_details`.',
      given.schedule === undefined ? 'schedule_details' : 'schedule',
      'parameters_exclusive',
    );
  if (
    !given.subscription &&
    !given.schedule &&
    !given.subscription_details?.items &&
    !given.schedule_details?.phases &&
    !given.invoice_items
  )
    // https://github.com/stripe/stripe-node/issues/2347 (stripe.md F12)
    throw invalid(
      'A preview is of a `subscription`, a `schedule`, `subscription_details.items`, `schedule_details.phases` or `invoice_items`.',
    );
  const schedule = given.schedule ? app.need('schedules', given.schedule, 'schedule') : null;
  const subId = given.subscription ?? schedule?.subscription;
  const sub = subId ? app.need('subscriptions', subId, 'subscription') : null;
  const customer = whose(app, { ...given, customer: given.customer ?? schedule?.customer }, sub);
  return app.on(customer.test_clock, () =>
    viewInvoice(
      app,
      schedule && sub
        ? ofSchedule(app, schedule, sub, customer, given)
        : ofSchedules
          ? ofPhase(app, firstPhase(app, schedule, customer, given), customer, given)
          : sub
            ? ofSubscription(app, sub, customer, given)
            : ofNothingYet(app, customer, given),
    ),
  );
}
