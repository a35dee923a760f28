// Draws one diagram for the page around this frame. The frame is a sandbox without an origin: it has no cookies, no storage, no
// network beside our own scripts (components/web/src/csp.rs), and cannot lead anywhere. So whatever a diagram's text makes the
// engine do, it does it here.
(function () {
  'use strict';
  const around = window.parent;
  if (around === window) return;
  const origin = location.origin;
  let engine = null;
  let count = 0;

  function say(message) {
    around.postMessage(message, origin);
  }

  function load(path) {
    if (!/^\/[\w@./-]+\.js$/.test(path) || path.startsWith('//')) throw new Error('expected a script of this site');
    engine ??= new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = path;
      script.onload = () => resolve(globalThis.mermaid);
      script.onerror = () => reject(new Error('the engine did not load'));
      document.head.append(script);
    });
    return engine;
  }

  function size() {
    const drawing = document.body.firstElementChild;
    if (drawing) say({ kind: 'drawn', height: Math.ceil(drawing.getBoundingClientRect().height) });
  }

  async function draw({ path, source, dark, limit, number }) {
    try {
      const mermaid = await load(path);
      document.documentElement.style.colorScheme = dark ? 'dark' : 'light';
      mermaid.initialize({
        startOnLoad: false,
        securityLevel: 'strict',
        suppressErrorRendering: true,
        maxTextSize: limit,
        maxEdges: 300,
        theme: dark ? 'dark' : 'neutral',
        fontFamily: 'system-ui, sans-serif'
      });
      const { svg } = await mermaid.render('diagram-' + ++count, source);
      if (number !== latest) return;
      document.body.innerHTML = svg;
      size();
    } catch (thrown) {
      if (number === latest) say({ kind: 'broken', reason: String(thrown?.message ?? thrown).slice(0, 300) });
    }
  }

  let latest = 0;
  addEventListener('message', ({ source, origin: from, data }) => {
    if (source !== around || from !== origin || data?.kind !== 'draw') return;
    latest += 1;
    void draw({ ...data, number: latest });
  });
  addEventListener('resize', size);
  say({ kind: 'ready' });
})();
