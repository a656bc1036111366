#!/usr/bin/env bash
# jsvat-next 3.0.4 has no import that works both in Node and in a bundler. Its `main` is CommonJS, minified so that Node
# cannot see the names: `import { checkVAT }` compiles (the types promise it) and fails to link in Node. `import vat from`
# works in Node, yet a bundler reads the `module` field, an ES module with no default export, and refuses. Who runs the
# same file in both (a Next.js server and its scripts) needs `import * as all` and `all.default ?? all`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact jsvat-next@3.0.4 esbuild@0.28.2
cat > named.mjs <<'JS'
import { belgium, checkVAT } from 'jsvat-next';
console.log(checkVAT('BE1000000021', [belgium]).isValid);
JS
cat > default.mjs <<'JS'
import vat from 'jsvat-next';
console.log(vat.checkVAT('BE1000000021', [vat.belgium]).isValid);
JS
cat > both.mjs <<'JS'
import * as all from 'jsvat-next';
const { belgium, checkVAT } = all.default ?? all;
console.log(checkVAT('BE1000000021', [belgium]).isValid);
JS
in_node() { node "$1.mjs" > node.out 2>&1 && cat node.out || grep -oE "Named export '[A-Za-z]+' not found" node.out; }
in_bundle() {
  npx --no-install esbuild "$1.mjs" --bundle --platform=browser --log-level=error --outfile="$1.out.js" > bundle.out 2>&1 &&
    node "$1.out.js" 2>&1 || grep -oE 'No matching export[^"]*"[^"]*"[^"]*"[^"]*"' bundle.out
}
for form in named default both; do
  echo "$form: Node: $(in_node "$form" || echo failed) · bundled: $(in_bundle "$form" || echo failed)"
done | tee seen
grep -q "^named: Node: Named export '[A-Za-z]*' not found · bundled: true$" seen
grep -q '^default: Node: true · bundled: No matching export' seen
grep -q '^both: Node: true · bundled: true$' seen
