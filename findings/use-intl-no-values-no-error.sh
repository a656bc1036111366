#!/usr/bin/env bash
# use-intl 4.14.8 (the core of next-intl): `t('bought')` of the message "{name} is active." with no values at all shows
# people the raw braces, and neither `onError` nor `getMessageFallback` is called. With an empty object of values the same
# call is a FORMATTING_ERROR. A null value is worse hidden still: " is active.". Seen by nobody but the reader of the page.
# Way round: a test that formats each message with its values, or types that demand them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact use-intl@4.14.8 react@19.3.1
cat > try.mjs <<'JS'
import assert from 'node:assert/strict';
import { createTranslator } from 'use-intl/core';

const messages = { bought: '{name} is active.', left: '{count, plural, one {# day} other {# days}} left' };
const errors = [];
const t = createTranslator({ locale: 'en', messages, onError: (error) => errors.push(error.code) });
const say = (...call) => {
  errors.length = 0;
  const text = t(...call);
  console.log(call, '→', JSON.stringify(text), 'errors:', errors);
  return [text, errors.length];
};
assert.deepEqual(say('bought'), ['{name} is active.', 0]);
assert.deepEqual(say('left'), [messages.left, 0]);
assert.deepEqual(say('bought', {}), ['bought', 1]);
assert.deepEqual(say('bought', { name: null }), [' is active.', 0]);
JS
node try.mjs
