import type { Resource } from './api';
import { entitlements } from './entitlements';
import { storeUsage } from './store-usage';

/** Every resource of the API. A new one is a file and a line here. */
export const resources: readonly Resource[] = [storeUsage, entitlements];
