/** The one shell of all pages: no script, no outside asset, light and dark, 360 px and up. */
import { html, raw } from 'hono/html';

/** A piece of a page; what is put into it is escaped. */
export type Html = ReturnType<typeof html>;

const STYLE = `
:root{color-scheme:light dark;--bg:#f7f7f8;--card:#fff;--text:#1c1c22;--soft:#5b5b66;--line:#dcdce3;--accent:#5b3fd6;--on-accent:#fff;--bad:#b3261e;--bad-bg:#fdecea;--ok:#14713d;--ok-bg:#e6f4ec;--warn:#7a4d00;--warn-bg:#fff3d6}
@media (prefers-color-scheme:dark){:root{--bg:#131316;--card:#1d1d22;--text:#f0f0f4;--soft:#a9a9b6;--line:#3a3a44;--accent:#a594ff;--on-accent:#16122b;--bad:#ffb4ab;--bad-bg:#3b1512;--ok:#8fdcae;--ok-bg:#10301d;--warn:#ffd48a;--warn-bg:#33270c}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-variant-numeric:tabular-nums}
.mark{background:var(--warn-bg);color:var(--warn);padding:6px 16px;text-align:center;font-size:13px;font-weight:600}
main{max-width:1040px;margin:0 auto;padding:24px 16px 48px}
main.narrow{max-width:560px}
h1{font-size:22px;line-height:1.25;margin:0 0 16px}h2{font-size:16px;margin:0 0 12px}
.two{display:grid;gap:24px;grid-template-columns:1fr}
@media (min-width:820px){.two{grid-template-columns:1fr 1fr;align-items:start}}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px;margin:0 0 16px}
.big{font-size:30px;font-weight:650;line-height:1.2;margin:0 0 4px}.soft{color:var(--soft)}
.rows{margin:0;padding:0;list-style:none}.rows li,.row{display:flex;justify-content:space-between;gap:16px;padding:8px 0;border-top:1px solid var(--line)}
.rows li:first-child{border-top:0}.rows .sum{font-weight:650}.card.rows{padding:8px 20px}.rows form.actions{justify-content:flex-end}
label{display:block;font-weight:550;margin:12px 0 4px}
input,select,textarea{width:100%;min-height:40px;padding:8px 10px;border:1px solid var(--line);border-radius:8px;background:var(--bg);color:var(--text);font:inherit}
input[type=radio],input[type=checkbox]{width:auto;min-height:0;margin-right:8px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:12px}
button,.button{display:inline-block;min-height:40px;padding:9px 16px;border:1px solid var(--line);border-radius:8px;background:var(--card);color:var(--text);font:inherit;font-weight:600;cursor:pointer;text-decoration:none}
button.main,.button.main{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
button.wide{width:100%;margin-top:20px}
button.danger{border-color:var(--bad);color:var(--bad)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
a{color:var(--accent)}
.note{border-radius:8px;padding:10px 14px;margin:0 0 16px}.note.bad{background:var(--bad-bg);color:var(--bad)}.note.ok{background:var(--ok-bg);color:var(--ok)}.note.warn{background:var(--warn-bg);color:var(--warn)}
fieldset{border:0;padding:0;margin:16px 0 0;min-width:0}legend{font-weight:650;padding:0}
table{width:100%;border-collapse:collapse;font-size:13px}th,td{text-align:left;padding:6px 8px;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}th{color:var(--soft);font-weight:600}td.num,th.num{text-align:right}
.scroll{overflow-x:auto}.inline{display:inline}.actions{display:flex;flex-wrap:wrap;gap:8px;align-items:end}
.actions label{margin:0 0 4px}.actions input,.actions select{width:auto;max-width:100%}.two>*{min-width:0}
.tag{display:inline-block;padding:1px 8px;border-radius:99px;border:1px solid var(--line);font-size:12px}
code{font-size:12px}
`;

export function layout(
  title: string,
  body: Html,
  size: 'wide' | 'narrow' = 'wide',
  mark = 'Local Stripe — test mode, no real money',
): string {
  return String(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="icon" href="data:,"><style>${raw(STYLE)}</style></head>
<body><header class="mark">${mark}</header>
<main class="${size}">${body}</main></body></html>`);
}

export function notice(title: string, message: string, link?: { href: string; text: string } | null): string {
  return layout(
    title,
    html`<div class="card"><h1>${title}</h1><p>${message}</p>${link && html`<p><a class="button" href="${link.href}">${link.text}</a></p>`}</div>`,
    'narrow',
  );
}
