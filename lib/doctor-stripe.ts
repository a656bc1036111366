import { eq, sql } from 'drizzle-orm';
import Stripe from 'stripe';
import type { Db } from '@/db/client';
import { readRows } from '@/db/rows';
import { settings } from '@/db/schema';
import { causeOf, type Finding, found, type KeyMode, type Patient } from '@/lib/doctor-findings';
import { PORTAL_CONFIGURATION } from './billing/customers/portal';
import { handledTypes } from './billing/inbox/effects';
import { planPush } from './billing/plans/push';
import { examineRights } from './doctor-rights';
import { priceProblem, writePrice } from './money';
import { isMissing } from './stripe/client';
import { readClockOffset } from './time';

type StripePatient = Patient & { stripe: Stripe; mode: KeyMode; hasTables: boolean };

/** Both addresses of the doorbell. */
const PATHS = ['/api/webhooks/stripe', '/api/v1/webhooks/stripe'];

/** Further off, signatures come near their tolerance of 300 seconds. */
const MAX_SKEW_S = 30;

/** What Stripe says of itself, and how it fits what we are set to. Nothing is changed there. */
export async function examineStripe(patient: StripePatient): Promise<Finding[]> {
  const stripeNow = await askStripe(patient.stripe);
  if (!(stripeNow instanceof Date)) return [stripeNow];
  const looks: (() => Promise<Finding[]>)[] = [
    () => examineClock(patient, stripeNow),
    () => examineWebhook(patient),
  ];
  if (patient.environment.STRIPE_SECRET_KEY?.startsWith('rk_'))
    looks.push(() => examineRights(patient.stripe, patient.environment.STRIPE_TAX));
  if (patient.environment.STRIPE_TAX) looks.push(() => examineTax(patient));
  if (patient.hasTables)
    looks.push(
      () => examineCatalogue(patient),
      () => examinePortal(patient),
    );
  const findings: Finding[] = [found('stripe', 'ok', 'reachable')];
  for (const look of looks) {
    try {
      findings.push(...(await look()));
    } catch (error) {
      // E.g. a restricted key that may not list endpoints.
      findings.push(found('stripe', 'problem', 'refused', { detail: causeOf(error) }));
    }
  }
  return findings;
}

/** Stripe's own time, or why there is none. */
async function askStripe(stripe: Stripe): Promise<Date | Finding> {
  try {
    const { lastResponse } = await stripe.balance.retrieve({}, { timeout: 5000, maxNetworkRetries: 0 });
    return new Date(lastResponse.headers.date ?? Date.now());
  } catch (error) {
    // A restricted key that may not read the balance is reached all the same: the answer says the time.
    const said = error instanceof Stripe.errors.StripePermissionError ? error.headers?.date : undefined;
    if (said) return new Date(said);
    const code = error instanceof Stripe.errors.StripeAuthenticationError ? 'key_refused' : 'unreachable';
    return found('stripe', 'problem', code, { detail: causeOf(error) });
  }
}

async function examineClock({ db, mode, hasTables }: StripePatient, stripeNow: Date): Promise<Finding[]> {
  // With local Stripe business time follows its clock: ours is the machine's and the offset we were told.
  const offset = mode === 'local' && hasTables ? await readClockOffset(db) : 0;
  const seconds = Math.round((Date.now() + offset - stripeNow.getTime()) / 1000);
  const facts = { seconds };
  if (Math.abs(seconds) <= MAX_SKEW_S) return [found('clock', 'ok', 'together', facts)];
  return [found('clock', 'problem', mode === 'local' ? 'offset_unknown' : 'skewed', facts)];
}

async function examineWebhook({ stripe, environment, mode }: StripePatient): Promise<Finding[]> {
  const url = `${environment.APP_URL}${PATHS[0]}`;
  if (!environment.STRIPE_WEBHOOK_SECRET) return [found('webhook', 'problem', 'no_secret', { url })];
  const { data } = await stripe.webhookEndpoints.list({ limit: 100 });
  const ours = data.filter((endpoint) => isOurs(endpoint.url, environment.APP_URL, mode));
  const endpoint = ours.find((one) => one.status === 'enabled') ?? ours[0];
  if (!endpoint) return [found('webhook', 'problem', 'missing', { url, others: data.length })];
  const facts = { url: endpoint.url, endpoint: endpoint.id };
  if (endpoint.status !== 'enabled') return [found('webhook', 'problem', 'disabled', facts)];
  const findings: Finding[] = [];
  const events: string[] = endpoint.enabled_events;
  const missing = events.includes('*') ? [] : handledTypes.filter((type) => !events.includes(type));
  if (missing.length > 0) {
    const types = missing.join(', ');
    findings.push(found('webhook', 'problem', 'events_missing', { ...facts, count: missing.length, types }));
  }
  const version = endpoint.api_version;
  if (version && version !== Stripe.API_VERSION)
    findings.push(found('webhook', 'problem', 'version', { ...facts, version, wanted: Stripe.API_VERSION }));
  if (!version && mode !== 'local')
    findings.push(found('webhook', 'note', 'version_unpinned', { ...facts, wanted: Stripe.API_VERSION }));
  if (ours.filter((one) => one.status === 'enabled').length > 1)
    findings.push(found('webhook', 'note', 'twice', facts));
  return findings.length > 0 ? findings : [found('webhook', 'ok', 'complete', facts)];
}

/**
 * Whether Stripe Tax can do what `STRIPE_TAX=1` asks of it. Not active, every purchase is refused; active without a
 * registration, tax is 0 and nobody says so (stripe.md D17, D18).
 */
async function examineTax({ stripe, environment }: StripePatient): Promise<Finding[]> {
  const { status, head_office: office } = await stripe.tax.settings.retrieve();
  if (status !== 'active') return [found('tax', 'problem', 'inactive')];
  const seat = office?.address.country ?? '';
  const findings: Finding[] = [];
  if (seat !== environment.SELLER_COUNTRY)
    findings.push(found('tax', 'problem', 'other_country', { seat, ours: environment.SELLER_COUNTRY }));
  const registered = await stripe.tax.registrations
    .list({ status: 'active', limit: 100 })
    .autoPagingToArray({ limit: 1000 });
  const countries = [...new Set(registered.map((one) => one.country))].sort();
  if (countries.length === 0) findings.push(found('tax', 'problem', 'no_registration'));
  else if (!countries.includes(seat))
    findings.push(found('tax', 'problem', 'not_registered_at_home', { seat }));
  return findings.length > 0 ? findings : [found('tax', 'ok', 'active', { seat, count: countries.length })];
}

/** Local Stripe may reach the app by another name of the same machine than people do. */
function isOurs(url: string, appUrl: string, mode: KeyMode): boolean {
  return PATHS.some((path) =>
    mode === 'local' ? URL.canParse(url) && new URL(url).pathname === path : url === `${appUrl}${path}`,
  );
}

async function examineCatalogue({ db, stripe }: StripePatient): Promise<Finding[]> {
  const findings = (await planPush(db, stripe)).map((step) =>
    found('catalogue', 'problem', 'not_pushed', {
      step: step.action,
      what: `${step.platform}:${step.code}`,
      detail: step.detail,
    }),
  );
  for (const { what, amount, currency } of await listPrices(db)) {
    if (priceProblem(amount, currency) === 'below_minimum')
      findings.push(
        found('catalogue', 'problem', 'below_minimum', {
          what,
          price: writePrice(amount, currency),
          currency,
        }),
      );
  }
  const unmapped = await findUnmappedPrices(db, stripe);
  if (unmapped.length > 0) {
    const prices = unmapped.slice(0, 5).join(', ');
    findings.push(found('catalogue', 'note', 'unmapped', { count: unmapped.length, prices }));
  }
  const [open] = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from stripe_differences where resolved_at is null`,
  );
  if (open && open.count > 0)
    findings.push(found('catalogue', 'problem', 'differences', { count: open.count }));
  return findings.length > 0 ? findings : [found('catalogue', 'ok', 'the_same')];
}

/** Every price that is sold now. */
const listPrices = (db: Db) =>
  readRows<{ what: string; amount: number; currency: string }>(
    db,
    sql`
      select p.code || ':' || t.code as what, r.unit_amount as amount, r.currency from tier_prices r
        join tiers t on t.id = r.tier_id join platforms p on p.id = t.platform_id where r.archived_at is null
      union all select p.code || ':' || a.code, a.unit_amount, a.currency from add_ons a
        join platforms p on p.id = a.platform_id where a.is_active
      union all select p.code || ':' || c.code, c.unit_amount, c.currency from credit_packages c
        join platforms p on p.id = c.platform_id where c.is_active`,
    { numbers: ['amount'] },
  );

/** The most prices looked at: an account that Tierline shares may have very many. */
const MAX_PRICES = 1000;

/** Active recurring prices that a subscription could carry and that mean no tier or add-on of ours. */
async function findUnmappedPrices(db: Db, stripe: Stripe): Promise<string[]> {
  const known = new Set(
    (
      await db.execute<{ id: string }>(sql`
        select stripe_price_id as id from tier_prices where stripe_price_id is not null
        union select stripe_price_id from add_ons where stripe_price_id is not null
        union select stripe_price_id from retired_prices
        union select stripe_product_id from tiers where stripe_product_id is not null`)
    ).map((row) => row.id),
  );
  const prices = await stripe.prices
    .list({ active: true, type: 'recurring', limit: 100 })
    .autoPagingToArray({ limit: MAX_PRICES });
  return prices
    .filter(
      ({ id, product }) => !known.has(id) && !known.has(typeof product === 'string' ? product : product.id),
    )
    .map((price) => price.id);
}

async function examinePortal({ db, stripe }: StripePatient): Promise<Finding[]> {
  const [kept] = await db.select().from(settings).where(eq(settings.name, PORTAL_CONFIGURATION));
  if (typeof kept?.value !== 'string') return [found('portal', 'ok', 'not_made_yet')];
  const id = kept.value;
  try {
    const { active, features } = await stripe.billingPortal.configurations.retrieve(id);
    if (!active) return [found('portal', 'problem', 'inactive', { id })];
    return features.subscription_update.enabled
      ? [found('portal', 'problem', 'plan_switch', { id })]
      : [found('portal', 'ok', 'no_plan_switch', { id })];
  } catch (error) {
    if (isMissing(error)) return [found('portal', 'problem', 'missing', { id })];
    throw error;
  }
}
