export * from './limits';
export * from './operations';
export * from './plans';
export * from './shop';
export * from './subscriptions';
export * from './tenancy';
export * from './vat';
