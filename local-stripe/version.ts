/** The API version that stripe 23.1.0 pins; every shape here is of this version. */
export const API_VERSION = '2026-10-28.endive';
export const SECRET_KEY = 'sk_test_local';
