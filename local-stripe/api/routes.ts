/** All routes of /v1. */
import { routerOf } from '../http/router';
import { accountRoutes } from './account-routes';
import { chargeRoutes } from './charge-routes';
import { checkoutRoutes } from './checkout-routes';
import { couponRoutes } from './coupon-routes';
import { creditNoteRoutes } from './credit-note-routes';
import { customerRoutes } from './customer-routes';
import { disputeRoutes } from './dispute-routes';
import { eventRoutes } from './event-routes';
import { invoiceCollectionRoutes } from './invoice-collection-routes';
import { invoiceItemRoutes } from './invoice-item-routes';
import { invoiceRoutes } from './invoice-routes';
import { paymentIntentRoutes } from './payment-intent-routes';
import { paymentMethodRoutes } from './payment-method-routes';
import { portalConfigurationRoutes } from './portal-configuration-routes';
import { portalSessionRoutes } from './portal-session-routes';
import { priceRoutes } from './price-routes';
import { productRoutes } from './product-routes';
import { promotionCodeRoutes } from './promotion-code-routes';
import { scheduleRoutes } from './schedule-routes';
import { setupIntentRoutes } from './setup-intent-routes';
import { subscriptionItemRoutes } from './subscription-item-routes';
import { subscriptionRoutes } from './subscription-routes';
import { taxIdRoutes } from './tax-id-routes';
import { taxRateRoutes } from './tax-rate-routes';
import { taxRoutes } from './tax-routes';
import { testClockRoutes } from './test-clock-routes';
import { webhookEndpointRoutes } from './webhook-endpoint-routes';

export const findRoute = routerOf([
  ...accountRoutes,
  ...productRoutes,
  ...priceRoutes,
  ...checkoutRoutes,
  ...creditNoteRoutes,
  ...customerRoutes,
  ...couponRoutes,
  ...promotionCodeRoutes,
  ...disputeRoutes,
  ...invoiceRoutes,
  ...invoiceCollectionRoutes,
  ...invoiceItemRoutes,
  ...paymentMethodRoutes,
  ...paymentIntentRoutes,
  ...chargeRoutes,
  ...portalConfigurationRoutes,
  ...portalSessionRoutes,
  ...scheduleRoutes,
  ...setupIntentRoutes,
  ...subscriptionRoutes,
  ...subscriptionItemRoutes,
  ...taxIdRoutes,
  ...taxRateRoutes,
  ...taxRoutes,
  ...testClockRoutes,
  ...webhookEndpointRoutes,
  ...eventRoutes,
]);
