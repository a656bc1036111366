/** The API version that stripe 23.1.0 pins; every shape here is of this version. */
export const API_VERSION = '2026-10-28.endive';
export const SECRET_KEY = 'sk_test_local';
/** May only do what the setting `restricted_key` lists (stripe.md D10). */
export const RESTRICTED_KEY = 'rk_test_local';
/** Live mode, simulated: what is only refused there is refused (stripe.md D8). The data are the same. */
export const LIVE_KEY = 'sk_live_local';
