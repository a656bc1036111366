import { adminInbox } from './admin-inbox';
import { adminSubscriptions } from './admin-subscriptions';
import { adminTiers } from './admin-tiers';
import { adminUsers } from './admin-users';
import { entitlements } from './entitlements';
import { featureAdmin } from './features';
import { overrideAdmin } from './overrides';
import { products } from './products';
import type { Resource } from './resource';
import { storeAddOns } from './store-add-ons';
import { storeChanges } from './store-changes';
import { storeCredits } from './store-credits';
import { storeDetails } from './store-details';
import { storeSubscription } from './store-subscription';
import { storeUsage } from './store-usage';
import { usage } from './usage';

/** Every resource of the API. A new one is a file and a line here. */
export const resources: readonly Resource[] = [
  storeSubscription,
  storeUsage,
  storeChanges,
  storeAddOns,
  storeDetails,
  storeCredits,
  products,
  entitlements,
  usage,
  featureAdmin,
  overrideAdmin,
  adminSubscriptions,
  adminTiers,
  adminInbox,
  adminUsers,
];
