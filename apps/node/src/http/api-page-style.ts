// The style of the page at /docs/api, for light and dark, wide and narrow.

export const apiPageStyle = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c2024, #e6e8eb);
  --quiet: light-dark(#555e68, #a3adb8);
  --ground: light-dark(#ffffff, #14171a);
  --raised: light-dark(#f4f6f8, #1d2226);
  --line: light-dark(#d8dee4, #343b42);
  --link: light-dark(#0a5cad, #79b8ff);
  --good: light-dark(#17692c, #7ee29a);
  --bad: light-dark(#a3271d, #ff9c92);
  --warm: light-dark(#7a4b00, #f2c46d);
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0;
  color: var(--text);
  background: var(--ground);
  font: 1rem/1.55 system-ui, sans-serif;
  overflow-wrap: anywhere;
}
a { color: var(--link); text-underline-offset: 0.15em; }
a:focus-visible, pre:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; padding: 0.5rem 1rem; background: var(--ground); }
.skip:focus { left: 0; top: 0; }
header { padding: 1.5rem 1.5rem 1rem; border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.2; }
.meta { margin: 0.25rem 0 0; color: var(--quiet); }
.columns { display: grid; grid-template-columns: 15rem minmax(0, 1fr); max-width: 75rem; }
nav { padding: 1rem 1.5rem; font-size: 0.95rem; position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; }
nav h2 { margin: 1rem 0 0.25rem; font-size: 0.95rem; }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li { padding: 0.1rem 0; }
nav a, h3 a { text-decoration: none; }
nav a:hover, h3 a:hover { text-decoration: underline; }
main { padding: 1rem 1.5rem 4rem; border-left: 1px solid var(--line); }
main p, main ul, main dl { max-width: 46rem; }
h2 { margin: 2.5rem 0 0.5rem; font-size: 1.35rem; }
article { margin: 1.5rem 0 0; padding: 1.25rem 0 0; border-top: 1px solid var(--line); }
h3 { margin: 0; font-size: 1.1rem; }
h3 a { color: inherit; }
h4 { margin: 1.25rem 0 0.4rem; font-size: 0.95rem; color: var(--quiet); font-weight: 600; }
p { margin: 0.5rem 0; }
ul { margin: 0.5rem 0; padding-left: 1.25rem; }
code, pre { font: 0.875rem/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
code { background: var(--raised); border-radius: 3px; padding: 0.1em 0.3em; }
pre {
  margin: 0.5rem 0;
  padding: 0.75rem 1rem;
  overflow-x: auto;
  overflow-wrap: normal;
  background: var(--raised);
  border: 1px solid var(--line);
  border-radius: 6px;
}
.comment, .type { color: var(--quiet); }
.route code { font-size: 1rem; }
.method, .status {
  display: inline-block;
  padding: 0 0.45rem;
  border: 1px solid currentColor;
  border-radius: 4px;
  font: 600 0.8rem/1.5 ui-monospace, monospace;
}
.get, .ok { color: var(--good); }
.post { color: var(--link); }
.delete { color: var(--bad); }
details .status { color: var(--warm); }
details { margin: 0.25rem 0; }
summary { cursor: pointer; padding: 0.15rem 0; }
dl { margin: 0.5rem 0; }
dt { margin-top: 0.6rem; }
dd { margin: 0.1rem 0 0 1rem; }
@media (max-width: 50rem) {
  header { padding: 1rem; }
  .columns { grid-template-columns: minmax(0, 1fr); }
  nav { position: static; max-height: none; padding: 0.5rem 1rem 1rem; border-bottom: 1px solid var(--line); columns: 2; }
  nav h2:first-child { margin-top: 0; }
  nav h2 { break-after: avoid; }
  main { padding: 0.5rem 1rem 3rem; border-left: 0; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`;
