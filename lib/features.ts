import { monthlyCredits } from '@/lib/billing/features';
import type { Feature } from './billing/features';
import { catalogFeatures } from './catalog/features';
import { orderFeatures } from './orders/features';
import { tenancyFeatures } from './tenancy/features';

/**
 * Every feature of this installation, in the order in which pages show them. A new module adds one line here; nothing
 * is registered at run time.
 */
export const features: readonly Feature[] = [
  ...catalogFeatures,
  ...orderFeatures,
  ...tenancyFeatures,
  monthlyCredits,
];
