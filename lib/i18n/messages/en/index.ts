import admin from './admin.json';
import auth from './auth.json';
import billing from './billing.json';
import common from './common.json';
import console from './console.json';
import emails from './emails.json';
import errors from './errors.json';
import features from './features.json';
import merchant from './merchant.json';
import plans from './plans.json';
import store from './store.json';
import trail from './trail.json';

export default {
  admin,
  auth,
  billing,
  common,
  console,
  emails,
  errors,
  features,
  merchant,
  plans,
  store,
  trail,
};
