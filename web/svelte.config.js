// Static single-page application: every path answers with index.html, and no page needs inline script or style.
import adapter from '@sveltejs/adapter-static';
import { withoutInlineScripts } from './build-steps/without-inline-scripts.js';
import { withoutStyleAttributes } from './build-steps/without-style-attributes.js';

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  preprocess: [withoutStyleAttributes],
  kit: {
    adapter: withoutInlineScripts(adapter({ pages: 'build', fallback: 'index.html' })),
    // index.html is served at every depth, so its references start at the root.
    paths: { relative: false },
    // A new build is noticed on the next navigation, which then loads the page afresh.
    version: { pollInterval: 0 },
    typescript: {
      config: (config) => ({ ...config, include: [...config.include, '../e2e/**/*.ts', '../*.config.ts'] })
    }
  }
};
